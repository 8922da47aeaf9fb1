/** What each layer has in `/etc` that its image did not bring so: the administrator's side of the merge. */
import type { HostView } from './view.ts';

export type EtcByLayer = Readonly<Record<string, HostView['etc']>>;

/**
 * Files that say another thing in each layer, that accounts are in (which are merged line by line, and judged one by one), or
 * that programs write for themselves.
 */
const NOBODYS =
  /^\/etc\/(fstab|(passwd|group|shadow|gshadow|subuid|subgid)-?|\.pwd\.lock|\.updated|ld\.so\.cache|adjtime|mtab|resolv\.conf|lvm\/(archive|backup)\/.*)$/;

export function changedEtc({ etc }: HostView): HostView['etc'] {
  return takenAsTheyAre(etc);
}

/** Paths of what is not the same in both, sorted. */
export function differing(a: HostView['etc'], b: HostView['etc']): string[] {
  const paths = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return paths.filter((path) => a[path] !== b[path]);
}

/** Of the files of one layer, by path, those that a layer that is made from it must have as it has them, to the last byte. */
export function takenAsTheyAre<T>(files: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !NOBODYS.test(path)));
}

/**
 * By layer after the host was looked at: a new layer must start with what the running one has when it is `made`, or, if it is
 * staged, when the host goes down; and every other one with what it was left with.
 */
export function etcSeen(
  known: EtcByLayer,
  isStart: boolean,
  made: string | null,
  view: HostView,
): EtcByLayer {
  const changed = changedEtc(view);
  const running = view.bootedLayer;
  const seen = view.layers.flatMap(({ id }) => {
    const promised = isStart ? known[id] : undefined;
    const takes = id === made || id === view.staged;
    const now = id === running ? (promised ?? changed) : takes ? changed : known[id];
    return now === undefined ? [] : [[id, now] as const];
  });
  return Object.fromEntries(seen);
}

/** The layer of an upgrade that was cut is first seen when it runs: it must have started with what the older one had. */
export function etcOfCut(
  known: EtcByLayer,
  { layer, from }: { readonly layer: string; readonly from: string | null },
): EtcByLayer {
  const etc = from === null ? undefined : known[from];
  return etc === undefined ? known : { ...known, [layer]: etc };
}
