/** What is read from the record of a run with a planted defect. */
import t from 'tap';
import { caughtIn } from '../cli/caught.ts';
import { EVENT_VERSION, type Event, type EventBody } from '../domain/event.ts';

const job = 'story@thin';
const event = (atMs: number, body: EventBody): Event => ({ v: EVENT_VERSION, seq: 1, atMs, body });
const finding = (atMs: number, step: number, invariant: string): Event =>
  event(atMs, { type: 'finding', job, step, invariant, message: '' });

t.test('a defect is caught when its own invariant is broken, and by nothing else', (t) => {
  const events = [
    event(2_000, { type: 'job.started', job, dir: 'jobs' }),
    finding(10_000, 4, 'no-orphans'),
    finding(33_400, 5, 'entries-resolve'),
    finding(50_000, 6, 'entries-resolve'),
  ];
  const found = ['no-orphans', 'entries-resolve'];
  t.same(caughtIn(events, 'entries-resolve'), { found, at: { step: 5, seconds: 31 } });
  t.same(caughtIn(events, 'claims-agree'), { found, at: null });
  t.same(caughtIn([], 'claims-agree'), { found: [], at: null });
  t.end();
});
