/** Stories that wait for less than they begin, or go on when all has ended: no step of theirs outlives the host. */
import t from 'tap';
import { HostproofError } from '../../domain/errors.ts';
import type { Host } from '../../ports/host.ts';
import { errorOf, newCache, told, type Story } from './telling.ts';

const hasty: Story = async ({ host, image }) => {
  await host.install(image('1.0'));
  void host.boot();
};

t.test(
  'a step that a story has forgotten is given up, and over before the host is gone',
  async (t) => {
    for (const forgetful of [true, false]) {
      const order: string[] = [];
      const spoil = (): Partial<Host> => ({
        boot: async (_args, { signal }) => {
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve);
          });
          await new Promise(setImmediate);
          order.push('the step is over');
          throw signal.reason as Error;
        },
        [Symbol.asyncDispose]: () => {
          order.push('the host is gone');
          return Promise.resolve();
        },
      });
      const { verdict } = await told(hasty, { cache: newCache(), forgetful, spoil });
      t.equal(verdict, 'story-error');
      t.same(order, ['the step is over', 'the host is gone']);
    }
  },
);

t.test('a story that goes on by itself after an interrupt does and says nothing', async (t) => {
  const interrupt = new AbortController();
  let goOn = (): void => undefined;
  const waited = new Promise<void>((resolve) => (goOn = resolve));
  const refused: unknown[] = [];
  const late: Story = async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    const view = await host.boot().then(() => host.view());
    if (!('layers' in view)) return; // a rehearsal
    interrupt.abort(new HostproofError('interrupt', 'interrupted'));
    await waited;
    await host.reboot().catch((error: unknown) => refused.push(error));
    try {
      expect.layer('9.9');
    } catch (error) {
      refused.push(error);
    }
  };
  const { verdict, events, done } = await told(late, {
    ...{ cache: newCache(), forgetful: true, signal: interrupt.signal },
  });
  t.equal(verdict, 'interrupted');
  const [toldBefore, doneBefore] = [events.length, done.length];
  goOn();
  await new Promise(setImmediate);
  t.match(refused, [{ code: 'interrupt' }, { code: 'interrupt' }]);
  t.same([events.length, done.length], [toldBefore, doneBefore]);
});

t.test('a story that forgets to wait is told so, with checkpoints, too', async (t) => {
  const cache = newCache();
  for (const forgetful of [true, false, false]) {
    const { verdict, events } = await told(hasty, { cache, forgetful });
    t.equal(verdict, 'story-error');
    t.match(errorOf(events)?.message, /a missing await/);
  }
});
