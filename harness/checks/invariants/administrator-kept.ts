import { administratorOf } from '../../domain/promise.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'administrator-kept',
  title: "the administrator's kernel arguments, users, host keys and machine-id are kept",
  broken: ({ view, promised }) => {
    const kept = promised.administrator;
    if (kept === null) return [];
    const now = administratorOf(view);
    const lost = (name: string, before: readonly string[], after: readonly string[]): string[] =>
      before.every((item, index) => item === after[index])
        ? []
        : [`${name}: were ${before.join(' ')}; are ${after.join(' ')}`];
    return [
      ...lost('machine-id', [kept.machineId], [now.machineId]),
      ...lost('host keys', kept.hostKeys, now.hostKeys),
      ...lost('users', kept.users, now.users),
      ...lost('kernel arguments', kept.kernelArguments, now.kernelArguments),
    ];
  },
} satisfies Invariant;
