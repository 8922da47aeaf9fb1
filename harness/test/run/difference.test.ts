/** When an act that is done again must come to what it had come to before. */
import t from 'tap';
import { afterBytes } from '../../domain/moment.ts';
import { diskError } from '../../faults/disk-error.ts';
import { diskSlow } from '../../faults/disk-slow.ts';
import { powerCut } from '../../faults/power-cut.ts';
import { difference } from '../../run/checkpoints/difference.ts';

type Done = Parameters<typeof difference>[1];

function upgraded(outcome: string, args: Record<string, unknown>): Done {
  return { verb: 'upgrade', args: { ...args }, host: 'running', result: { outcome } } as Done;
}

t.test('another end is told, unless a fault may end it in several ways', (t) => {
  const fault = powerCut({ when: afterBytes(1) });
  const between = (args: Record<string, unknown>): string | null =>
    difference(upgraded('done', args), upgraded('failed', args));
  t.match(between({}), /outcome was "done", and is "failed"/);
  t.match(between({ fault, ends: 'done' }), /outcome was/);
  t.match(
    between({ ends: ['done', 'failed'] }),
    /outcome was/,
    'without a fault there is no reason',
  );
  t.equal(between({ fault, ends: ['done', 'failed'] }), null);
  t.equal(between({ fault: diskError({ command: 'write' }) }), null, 'whichever it was');
  t.match(between({ fault: diskSlow({ command: 'write', ms: 1 }) }), /outcome was/);
  t.end();
});
