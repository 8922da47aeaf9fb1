/**
 * What the steps so far promise about the host: the small oracle that invariants compare views with.
 *
 * The ledger is folded over acts and views; it never looks at a machine.
 */
import {
  identityOf,
  settingsSeen,
  withSettings,
  type Identity,
  type Settings,
  type SettingsByLayer,
} from './administrator.ts';
import { fillersOf, isStart, type BaseContent, type Deed, type UpgradeDeed } from './deed.ts';
import { afterCut, cutGoingDown, goneDown, isCrowdedAfter, type Staging } from './going-down.ts';
import { etcOfCut, etcSeen, takenAsTheyAre, type EtcByLayer } from './etc.ts';
import { defaultAfterCut, endedUpgrade, type CutUpgrade } from './upgrade-end.ts';
import type { HostView } from './view.ts';
import type { BootEnd } from './verb.ts';

/** Files by path: the digest they must have, or null for "deleted". */
export type FileLedger = Readonly<Record<string, string | null>>;

export interface Ledger extends Staging {
  /** What the administrator had made of each layer. */
  readonly filesByLayer: Readonly<Record<string, FileLedger>>;
  /** Files outside the layers (`/var`): the same whichever layer runs. */
  readonly sharedFiles: FileLedger;
  /** Files that are in the way by order of the story: nobody's, so that neither that they go nor that they come back is a promise. */
  readonly fillers: readonly string[];
  /** Packages that the administrator installed in a layer, or had when the layer was made. */
  readonly packagesByLayer: Readonly<Record<string, readonly string[]>>;
  /**
   * Layers that were made by an upgrade, with the version of its image, as long as they say so: another upgrade is written
   * into the database of the layer that runs, however it ends.
   */
  readonly upgraded: Readonly<Record<string, string>>;
  /** Identity of each base when it was first seen. */
  readonly bases: Readonly<Record<string, string>>;
  /** What each base must hold; nothing of a base whose origin is not known. */
  readonly contents: Readonly<Record<string, BaseContent>>;
  /** What the base of the first layer that is seen must hold. */
  readonly installed: BaseContent;
  /** Layer that must be running, by promise; null if unknown. */
  readonly promisedRunning: string | null;
  /** The upgrade that is `interrupted`, if it was cut or its disk failed: what it was made from and what it must hold, if its layer is the default after all. */
  readonly cut: CutUpgrade | null;
  /** What the host says of it is not what its disk has, which the next start decides. */
  readonly isOpen: boolean;
  /** Layer that ran when an upgrade last began to change the host: it must be offered until the next one does. */
  readonly fallback: string | null;
  readonly administrator: Identity | null;
  readonly settingsByLayer: SettingsByLayer;
  readonly etcByLayer: EtcByLayer;
}

export const EMPTY_LEDGER: Ledger = {
  last: null,
  filesByLayer: {},
  sharedFiles: {},
  fillers: [],
  packagesByLayer: {},
  upgraded: {},
  bases: {},
  contents: {},
  installed: {},
  promisedDefault: null,
  promisedRunning: null,
  interrupted: null,
  mayHaveLeft: false,
  cut: null,
  isOpen: false,
  fallback: null,
  administrator: null,
  settingsByLayer: {},
  etcByLayer: {},
  isStaged: false,
  isCrowded: false,
  mayBeUnmade: false,
};

/** Whether a file is a layer's own; everything is, before the host was seen. */
export function belongsToLayer(path: string, view: HostView | null): boolean {
  return view?.shared.some((directory) => path.startsWith(`${directory}/`)) !== true;
}

/** Paths that a view must carry the digests of: those of the layer that runs, or that a cut upgrade was made from. */
export function watched(ledger: Ledger): string[] {
  const layers = [ledger.promisedRunning ?? ledger.last?.bootedLayer ?? null, ledger.cut?.from];
  const paths = layers.flatMap((layer) =>
    layer == null ? [] : Object.keys(ledger.filesByLayer[layer] ?? {}),
  );
  return [...new Set([...paths, ...Object.keys(ledger.sharedFiles)])].sort();
}

/** The ledger after a deed, before the host was looked at again. */
export function promise(before: Ledger, deed: Deed): Ledger {
  const ledger = { ...before, isCrowded: isCrowdedAfter(before, deed) };
  switch (deed.verb) {
    case 'install':
      return { ...EMPTY_LEDGER, installed: deed.content };
    case 'write':
      return withFile(ledger, deed.path, deed.sha256);
    case 'remove':
      return ledger.fillers.includes(deed.path) ? ledger : withFile(ledger, deed.path, null);
    case 'fill':
      return withFillers(ledger, deed);
    case 'addUser':
      return withSettingsOf(ledger, takers(ledger), (settings) => ({
        ...settings,
        users: [...settings.users, deed.name],
      }));
    case 'addKernelArgument':
      // what is staged has its arguments already
      return withSettingsOf(ledger, takers(ledger).slice(0, 1), (settings) => ({
        ...settings,
        kernelArguments: [...settings.kernelArguments, deed.argument],
      }));
    case 'installPackage':
      return withPackage(ledger, deed.name);
    case 'powerCut':
      return afterCut(ledger);
    case 'powerOff':
      return deed.isCut ? cutGoingDown(ledger) : goneDown(ledger);
    case 'boot':
      return started(ledger, deed.ends);
    case 'reboot':
      return started(goneDown(ledger, deed.hindrance), deed.ends);
    case 'select':
      return {
        ...goneDown(ledger),
        promisedRunning:
          ledger.last?.layers.findLast((l) => l.version === deed.version)?.id ?? null,
      };
    case 'upgrade':
      return upgraded(withFillers(ledger, deed), deed);
    default:
      return ledger;
  }
}

function withFillers(ledger: Ledger, deed: Deed): Ledger {
  return { ...ledger, fillers: [...ledger.fillers, ...fillersOf(deed)] };
}

function started(ledger: Ledger, ends: BootEnd | 'cut'): Ledger {
  // nothing of the host has run, or it has told nobody
  if (ends === 'cut' || ends === 'no-loader') return ledger;
  return ends === 'fallback'
    ? { ...ledger, promisedRunning: ledger.fallback, promisedDefault: ledger.fallback }
    : { ...ledger, promisedRunning: ledger.promisedDefault };
}

function upgraded(ledger: Ledger, { outcome, version, content, ...how }: UpgradeDeed): Ledger {
  const running = ledger.last?.bootedLayer ?? null;
  const marks = { upgraded: without(ledger.upgraded, running) };
  // one that failed as its disk did may have come to its end, too
  if (outcome === 'cut' || (outcome === 'failed' && how.hindrance !== undefined)) {
    const cut = { version, content, from: running };
    const down = how.isOrderly ? goneDown(ledger) : afterCut(ledger);
    const left = outcome === 'cut' ? down : ledger;
    return { ...left, ...marks, interrupted: version, cut, fallback: running };
  }
  // what is refused may have been before anybody looked for remains
  if (outcome === 'refused') return { ...ledger, ...marks };
  return {
    ...{
      ...ledger,
      ...marks,
      interrupted: null,
      cut: null,
      mayHaveLeft: false,
      mayBeUnmade: false,
    },
    ...(outcome === 'done' && { fallback: running }),
  };
}

/**
 * The ledger after the host was looked at.
 *
 * An upgrade that said it was done promises the new layer as the default and copies the administrator's files to it;
 * a rollback promises the older layer. Which layer that is, is read from the layers that exist; that the default
 * really leads there is for the invariants to say.
 */
export function settle(ledger: Ledger, deed: Deed, view: HostView): Ledger {
  const seen = view.bases.map((base) => [base.id, ledger.bases[base.id] ?? base.identity] as const);
  const hasFailed = deed.verb === 'upgrade' && deed.outcome === 'failed';
  const isOpen = ledger.cut !== null && (hasFailed || (ledger.isOpen && !isStart(deed)));
  const ended = isOpen ? null : endedUpgrade(ledger.cut, deed, view);
  const next: Ledger = {
    ...ledger,
    last: view,
    isOpen,
    isStaged: view.staged !== null,
    isCrowded: ledger.isCrowded && view.staged !== null,
    bases: Object.fromEntries(seen),
    contents:
      ledger.last === null ? contentOf(view, view.bootedLayer, ledger.installed) : ledger.contents,
    administrator: ledger.administrator ?? identityOf(view),
    settingsByLayer: settingsSeen(
      ledger.settingsByLayer,
      ledger.last?.bootedLayer ?? null,
      ended?.layer ?? null,
      view,
    ),
    etcByLayer: etcSeen(
      ended === null || ledger.cut === null
        ? ledger.etcByLayer
        : etcOfCut(ledger.etcByLayer, ended),
      isStart(deed),
      ended?.layer ?? null,
      view,
    ),
    promisedDefault: defaultAfterCut(ledger, isOpen, view),
    promisedRunning: ledger.promisedRunning ?? view.bootedLayer,
  };
  if (ended !== null) {
    const { layer, from, version, content } = ended;
    const files = from === null ? {} : takenAsTheyAre(ledger.filesByLayer[from] ?? {});
    const packages = from === null ? [] : packagesOf(ledger, from);
    return {
      ...next,
      cut: null,
      promisedDefault: layer,
      filesByLayer: { ...ledger.filesByLayer, [layer]: files },
      contents: { ...next.contents, ...contentOf(view, layer, content) },
      packagesByLayer: { ...ledger.packagesByLayer, [layer]: packages },
      upgraded: { ...ledger.upgraded, [layer]: version },
    };
  }
  if (deed.verb === 'upgrade' && deed.outcome === 'done')
    return { ...next, promisedDefault: `a layer of version ${deed.version}` };
  if (deed.verb === 'rollback' && deed.outcome === 'done') {
    // from now on it is no longer open whether an interrupted upgrade is what starts
    const isOver = next.cut === null && next.interrupted !== null;
    const promisedDefault = rollbackTarget(view, deed.to);
    return { ...next, promisedDefault, ...(isOver && { interrupted: null, mayHaveLeft: true }) };
  }
  return next;
}

function contentOf(view: HostView, id: string | null, content: BaseContent): Ledger['contents'] {
  const base = view.layers.find((layer) => layer.id === id)?.base ?? null;
  return base === null ? {} : { [base]: content };
}

/** The layer that a rollback leads to: the one of that version, or the one before the running one. */
function rollbackTarget(view: HostView, to: string | null): string {
  const running = view.layers.findIndex((layer) => layer.id === view.bootedLayer);
  const target =
    to === null ? view.layers[running - 1] : view.layers.find((layer) => layer.version === to);
  return (
    target?.id ?? (to === null ? 'the layer before the running one' : `a layer of version ${to}`)
  );
}

function without<T>(record: Readonly<Record<string, T>>, key: string | null): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));
}

function packagesOf(ledger: Ledger, layer: string): readonly string[] {
  return ledger.packagesByLayer[layer] ?? [];
}

function withPackage(ledger: Ledger, name: string): Ledger {
  const layer = ledger.last?.bootedLayer ?? null;
  if (layer === null) return ledger;
  const packages = [...new Set([...packagesOf(ledger, layer), name])];
  return { ...ledger, packagesByLayer: { ...ledger.packagesByLayer, [layer]: packages } };
}

function withFile(ledger: Ledger, path: string, digest: string | null): Ledger {
  if (!belongsToLayer(path, ledger.last)) {
    return { ...ledger, sharedFiles: { ...ledger.sharedFiles, [path]: digest } };
  }
  const changed = takers(ledger).map((layer) => {
    return [layer, { ...ledger.filesByLayer[layer], [path]: digest }] as const;
  });
  return { ...ledger, filesByLayer: { ...ledger.filesByLayer, ...Object.fromEntries(changed) } };
}

function withSettingsOf(
  ledger: Ledger,
  layers: readonly string[],
  change: (settings: Settings) => Settings,
): Ledger {
  return { ...ledger, settingsByLayer: withSettings(ledger.settingsByLayer, layers, change) };
}

/** The layers that a change to the running one reaches, that one first: none before the host was seen. */
function takers({ last }: Ledger): string[] {
  if (last?.bootedLayer == null) return [];
  // what is staged takes over what the administrator has made when the host goes down, and not before
  return [last.bootedLayer, last.staged].filter((layer) => layer !== null);
}
