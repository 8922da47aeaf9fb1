import { filledBy } from '../../domain/deed.ts';
import type { Invariant } from '../invariant.ts';

/** Above this, the kernel of one more layer may not fit. */
const LIMIT_PERCENT = 80;

export default {
  id: 'boot-has-room',
  title: "the boot loader's file system is less than 80 % full, unless it was filled on purpose",
  broken: ({ view, before, deed }) => {
    if (filledBy(deed) === '/boot') return [];
    const percent = ({ usedMiB, sizeMiB }: { usedMiB: number; sizeMiB: number }): number =>
      sizeMiB === 0 ? 0 : (100 * usedMiB) / sizeMiB;
    const now = percent(view.space.boot);
    const then = before === null ? 0 : percent(before.space.boot);
    return now >= LIMIT_PERCENT && then < LIMIT_PERCENT
      ? [`the boot loader's file system: ${now.toFixed(1)} % in use`]
      : [];
  },
} satisfies Invariant;
