/** What recording costs: the same upgrade on a served disk and on an image file. */
import { join } from 'node:path';
import { interleaved, type Measure } from './measure.ts';
import { upgradeOn } from './prepare.ts';
import { row, seconds, summary, within } from './statistics.ts';

const SHARE_MAX = 1.15;

export const measureUpgrades: Measure = async ({ pairs, work, cache, build }) => {
  await build();
  const on = (disks: 'image' | 'served') => (pair: number) =>
    upgradeOn(disks, join(work, `upgrade-${disks}-${pair.toString()}`), cache);
  const [image, served] = await interleaved(pairs, 'upgrade', {
    bare: on('image'),
    ours: on('served'),
    end: () => Promise.resolve(),
    shown: (ms) => seconds(ms),
  });
  const share = summary(served).median / summary(image).median;
  const verdict = within(share, SHARE_MAX);
  return {
    ...{
      imageMs: summary(image),
      servedMs: summary(served),
      share,
      judged: { recording: verdict },
    },
    table: [
      'the upgrade of a thin host',
      row('on an image file', image),
      row('on a served disk', served),
      `  ${share.toFixed(2)} of it, at most ${SHARE_MAX.toString()}: ${verdict}`,
    ],
  };
};
