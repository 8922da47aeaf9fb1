/** Real defects of image-based hosts, and which of them the stories would catch. */
import { z } from 'zod';
import { HostproofError } from './errors.ts';
import { LAYOUTS, type LayoutId } from './image.ts';
import { nearest } from './nearest.ts';
import type { NamedScenario } from './plan.ts';

/** What hosts need to show a defect, and stories can have: by the code that offers it. */
export const OFFERED = {
  'boot-counting': 'images/guest/tree/usr/libexec/reference-node/boot-count',
  'boot-full': 'images/guest/probe/fill.sh',
  'boot-menu': 'harness/run/boot-menu.ts',
  'disk-fault': 'harness/faults/disk-error.ts',
  'disk-full': 'images/guest/probe/thin-fill.sh',
  dnf: 'harness/layouts/thin.ts',
  iso: 'harness/run/medium.ts',
  'n-releases': 'images/catalogue/series.ts',
  'power-cut': 'harness/faults/power-cut.ts',
  'slow-disk': 'harness/faults/disk-slow.ts',
  'two-disks': 'harness/faults/second-disk.ts',
  uefi: 'qemu/firmware.ts',
  'xfs-boot': 'harness/domain/variant.ts',
} as const satisfies Record<string, string>;

/** What they cannot have today. */
const MISSING = [
  ...['background-load', 'bios', 'boot-password', 'btrfs-boot', 'copy-at-shutdown', 'cpu-models'],
  ...[
    'crash-exploration',
    'derived-cache',
    'etc-links',
    'file-places',
    'files-in-packages',
    'fips',
  ],
  ...[
    'iscsi',
    'kernel-package',
    'killed-program',
    'locale',
    'made-volumes',
    'multipath',
    'old-image',
  ],
  ...['other-ids', 'package-dependencies', 'package-scripts', 'path-fault', 'pxe', 'secure-boot'],
  ...['selinux', 'shared-group', 'small-boot', 'small-pool', 'storage-domain', 'tui', 'two-hosts'],
  'xfs-root',
];

/** One entry of `scenarios/bugs.yaml`, which explains the fields. */
export const bugSchema = z
  .object({
    id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a slug'),
    layouts: z.array(z.enum([...LAYOUTS, 'live'])).min(1),
    class: z.string().regex(/^[a-z]+(-[a-z]+)*$/, 'a slug'),
    source: z.string().min(1),
    symptom: z.string().min(10),
    scenario: z.string().min(10),
    seed: z.string().min(10),
    expect: z.string().min(10),
    needs: z.array(z.enum([...Object.keys(OFFERED), ...MISSING])),
    feasible_on_reference: z.enum(['yes', 'partly', 'no']),
  })
  .strict();
export type Bug = z.infer<typeof bugSchema>;

/** What a planted defect says of itself, as far as the catalogue goes. */
export interface Planted {
  readonly name: string;
  readonly layout: LayoutId;
  /** The story that must find it. */
  readonly story: string;
  readonly bugs?: readonly string[] | undefined;
}

/** A bug with what would catch it; `why` nothing does, or null. */
export interface CoveredBug extends Bug {
  readonly stories: readonly string[];
  readonly defects: readonly string[];
  readonly why: string | null;
}

/**
 * Every bug, with the stories and planted defects that name it.
 *
 * @throws HostproofError `usage/bug` for one that names a bug that is not there, or that its layouts cannot have
 */
export function coverage(
  bugs: readonly Bug[],
  scenarios: readonly NamedScenario[],
  defects: readonly Planted[],
): CoveredBug[] {
  const named = new Map(scenarios.map(({ id, scenario }) => [id, scenario.data.bugs ?? []]));
  for (const { id, scenario } of scenarios) {
    check(`the story ${id}`, scenario.data.bugs ?? [], scenario.data.layouts, bugs);
  }
  for (const { name, layout, story, bugs: planted = [] } of defects) {
    const who = `the planted defect ${name}`;
    check(who, planted, [layout], bugs);
    const unnamed = planted.find((id) => named.get(story)?.includes(id) !== true);
    // it proves that its story catches the bug
    if (unnamed !== undefined) throw wrong(`${who}: its story ${story} does not name "${unnamed}"`);
  }
  return bugs.map((bug) => {
    const stories = [...named].filter(([, ids]) => ids.includes(bug.id)).map(([id]) => id);
    const planted = defects.filter((defect) => defect.bugs?.includes(bug.id) === true);
    const why = stories.length > 0 ? null : whyUncovered(bug);
    return { ...bug, stories, defects: planted.map(({ name }) => name), why };
  });
}

/** What keeps a story from being told, the gravest first. */
function whyUncovered({ layouts, needs, feasible_on_reference: feasible }: Bug): string {
  if (feasible === 'no') return 'only on the real product';
  if (layouts.every((layout) => !isOurs(layout))) return `no layout ${layouts.join(', ')}`;
  const missing = needs.filter((need) => !Object.hasOwn(OFFERED, need));
  return missing.length > 0 ? `needs: ${missing.join(', ')}` : 'no story yet';
}

function isOurs(layout: string): boolean {
  return LAYOUTS.some((ours) => ours === layout);
}

function check(
  who: string,
  ids: readonly string[],
  layouts: readonly LayoutId[],
  bugs: readonly Bug[],
): void {
  for (const id of ids) {
    const bug = bugs.find((candidate) => candidate.id === id);
    if (bug === undefined) {
      const names = bugs.map((candidate) => candidate.id);
      const near = nearest(id, names);
      throw wrong(
        `${who}: unknown bug "${id}"${near === undefined ? '' : `: did you mean "${near}"?`}`,
      );
    }
    if (!layouts.some((layout) => bug.layouts.includes(layout))) {
      const [is, must] = [layouts, bug.layouts].map((some) => some.join(', '));
      throw wrong(`${who} is for ${is ?? ''}: "${id}" is a bug of ${must ?? ''} only`);
    }
  }
}

function wrong(message: string): HostproofError {
  return new HostproofError('usage/bug', message);
}
