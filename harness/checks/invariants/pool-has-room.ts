import { filledBy } from '../../domain/deed.ts';
import type { Invariant } from '../invariant.ts';

/** Above this, a host should not have been left by an upgrade that ended well. */
const LIMIT_PERCENT = 80;

export default {
  id: 'pool-has-room',
  title: 'the pool is less than 80 % full, unless it was filled on purpose',
  broken: ({ view, before, deed }) => {
    const filled = filledBy(deed);
    if (view.pool === null || filled === null || filled === 'pool-metadata') return [];
    const { dataPercent, metadataPercent } = view.pool;
    const was = before?.pool ?? { dataPercent: 0, metadataPercent: 0 };
    const over = (name: string, now: number, then: number): string[] =>
      now >= LIMIT_PERCENT && then < LIMIT_PERCENT
        ? [`${name} of the pool: ${now.toFixed(1)} % in use`]
        : [];
    return [
      ...over('data', dataPercent, was.dataPercent),
      ...over('metadata', metadataPercent, was.metadataPercent),
    ];
  },
} satisfies Invariant;
