import { identityOf } from '../../domain/administrator.ts';
import { administratorArguments } from '../../domain/view.ts';
import { isStart } from '../../domain/deed.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'administrator-kept',
  title: "the administrator's kernel arguments, users, groups, host keys and machine-id are kept",
  broken: ({ view, promised, deed }) => {
    const kept = promised.administrator;
    if (kept === null) return [];
    const now = identityOf(view);
    const ofLayer =
      view.bootedLayer === null ? undefined : promised.settingsByLayer[view.bootedLayer];
    return [
      ...lost('machine-id', [kept.machineId], [now.machineId]),
      ...lost('host keys', kept.hostKeys, now.hostKeys),
      ...gone('users', ofLayer?.users, view.users),
      ...lost(
        'kernel arguments',
        isStart(deed) ? ofLayer?.kernelArguments : undefined,
        administratorArguments(view.kernelArguments),
      ),
      ...view.entries.flatMap((entry) =>
        lost(
          `kernel arguments of entry ${entry.id}`,
          entry.layer === null ? undefined : promised.settingsByLayer[entry.layer]?.kernelArguments,
          administratorArguments(entry.arguments),
        ),
      ),
    ];
  },
} satisfies Invariant;

/** What is new may come between; nothing may be gone, changed or in another order. */
function lost(name: string, before: readonly string[] = [], after: readonly string[]): string[] {
  let found = 0;
  for (const item of after) if (item === before[found]) found++;
  return found === before.length ? [] : [changed(name, before, after)];
}

function changed(name: string, before: readonly string[], after: readonly string[]): string {
  return `${name}: were ${before.join(' ')}; are ${after.join(' ')}`;
}

/** In whatever order a host lists them. */
function gone(name: string, before: readonly string[] = [], after: readonly string[]): string[] {
  return before.every((item) => after.includes(item)) ? [] : [changed(name, before, after)];
}
