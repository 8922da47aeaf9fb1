/** Where an upgrade is sent, and what becomes of it under faults that leave the host running. */
import t from 'tap';
import type { UpgradeFault } from '../../domain/fault.ts';
import { afterBytes } from '../../domain/moment.ts';
import type { Result } from '../../domain/verb.ts';
import { layerRemoved } from '../../faults/layer-removed.ts';
import { nameNotResolved } from '../../faults/name-not-resolved.ts';
import { spaceExhausted } from '../../faults/space-exhausted.ts';
import { updateTwice } from '../../faults/update-twice.ts';
import type { StepContext } from '../../ports/host.ts';
import type { Layout } from '../../ports/layout.ts';
import { Faults } from '../../run/faults.ts';
import { upgrade, type UpgradingOptions } from '../../run/upgrading.ts';
import { fakeClock } from '../fake-clock.ts';

const DONE = { outcome: 'done', reason: null } as const;
const SECOND = { status: 1, said: 'Error: it is installed already' };
const content = { usr: 'u', rest: 'r' };

interface Upgraded {
  readonly result: Result<'upgrade'>;
  /** What the guest was asked for, in this order. */
  readonly asked: readonly string[];
  readonly progress: readonly string[];
  /** In the log of the disk. */
  readonly marks: readonly string[];
}

/** On a host that writes 100 bytes each time that it is looked at, by an engine that ends when it is told. */
async function upgraded(
  fault: UpgradeFault | undefined,
  engine: (step: { say: (text: string) => void; second: Promise<void> }) => Promise<typeof DONE>,
): Promise<Upgraded> {
  const asked: string[] = [];
  const said: string[] = [];
  const marks: string[] = [];
  let begun: () => void = () => undefined;
  const second = new Promise<void>((resolve) => (begun = resolve));
  const layout: Partial<Layout> = {
    marks: { 'half way': /^made the half$/ },
    upgradeBytes: () => 1000,
    upgrade: (guest, _image, server) => {
      asked.push(`upgrade from ${server}`);
      return engine({ say: guest.progress, second });
    },
    upgradeByHand: (guest, _image, server) => {
      asked.push(`the same from ${server}`);
      guest.progress('waiting for the lock');
      begun();
      return Promise.resolve(SECOND);
    },
    removeRunningByHand: () => {
      asked.push('the running layer to be gone');
      begun();
      return Promise.resolve(SECOND);
    },
    fill: (guest, { where, leaveMiB }) => {
      asked.push(`${where ?? 'the layers'} full, but for ${leaveMiB.toString()} MiB`);
      guest.progress('taking room');
      begun();
      return new Promise(setImmediate).then(() => ({ takenMiB: 9, leftMiB: leaveMiB }));
    },
  };
  let looks = 0;
  const power = {
    shell: {
      serve: () => Promise.resolve({ port: 8080, [Symbol.asyncDispose]: () => Promise.resolve() }),
    },
    machine: {
      blockStatistics: () => Promise.resolve({ bytesWritten: 100 * looks++ }),
      console: { onLine: () => () => undefined },
    },
    watched: (_what: string, { signal }: StepContext, body: (signal: AbortSignal) => unknown) =>
      body(signal),
  };
  const image = { update: {}, content };
  const mark = (text: string): Promise<void> => {
    marks.push(text);
    return Promise.resolve();
  };
  const options = {
    ...{ layout, power, disk: { mark }, guest: { context: (context: StepContext) => context } },
    repository: { withUpdate: () => Promise.resolve({ image, service: {} }) },
    faults: new Faults({
      ...{ power: power as never, disk: { faults: null, mark }, clock: fakeClock(), seed: 1 },
    }),
  } as unknown as UpgradingOptions;
  const context = {
    ...{ limitMs: 1000, signal: new AbortController().signal },
    progress: (text: string) => said.push(text),
  } as unknown as StepContext;
  const args = { image: { image: '1.1' }, ...(fault !== undefined && { fault }) };
  return { result: await upgrade(args, options, context), asked, progress: said, marks };
}

t.test(
  'the guest asks on its own loopback, and by a name only where it must not know it',
  async (t) => {
    const plain = await upgraded(undefined, () => Promise.resolve(DONE));
    t.same(plain.asked, ['upgrade from 127.0.0.1:8080']);
    t.same(plain.result, { ...DONE, stamp: null, content });
    const said = 'Could not resolve host: updates.invalid';
    const lost = await upgraded(nameNotResolved(), ({ say }) => {
      say(said);
      return Promise.resolve(DONE);
    });
    t.same(lost.asked, ['upgrade from updates.invalid:8080']);
    t.same(lost.result.stamp, { fault: 'name-not-resolved', name: 'updates.invalid', said });
    t.same(lost.progress, [said]);
  },
);

t.test('what the engine has come to is in the log of the disk, once', async (t) => {
  const { marks } = await upgraded(undefined, ({ say }) => {
    for (const line of ['made the', 'made the half', 'made the half']) say(line);
    return Promise.resolve(DONE);
  });
  t.same(marks, ['half way']);
});

t.test('somebody else begins the same at the moment, and it is told how that ended', async (t) => {
  const fault = updateTwice({ when: afterBytes(250) });
  const both = await upgraded(fault, async ({ second }) => {
    await second;
    return DONE;
  });
  t.same(both.asked, ['upgrade from 127.0.0.1:8080', 'the same from 127.0.0.1:8080']);
  const stamp = { fault: 'update-twice', bytesWritten: 300, bytesPlanned: 1000, second: SECOND };
  t.same(both.result, { ...DONE, stamp, content });
  t.same(both.progress, [
    'update-twice strikes, after 300 bytes',
    'somebody else: waiting for the lock',
  ]);
});

t.test(
  'somebody removes the running layer at the moment, and it is told how that ended',
  async (t) => {
    const fault = layerRemoved({ when: afterBytes(250) });
    const both = await upgraded(fault, async ({ second }) => {
      await second;
      return DONE;
    });
    t.same(both.asked, ['upgrade from 127.0.0.1:8080', 'the running layer to be gone']);
    t.match(both.result.stamp, { fault: 'layer-removed', bytesWritten: 300, second: SECOND });
  },
);

t.test('room is taken at the moment, of the place that was said; or too late', async (t) => {
  const fault = spaceExhausted({ when: afterBytes(250), where: '/boot', leaveMiB: 20 });
  const stamp = {
    fault: 'space-exhausted',
    bytesWritten: 300,
    bytesPlanned: 1000,
    takenMiB: 9,
    leftMiB: 20,
  };
  const both = await upgraded(fault, async ({ second }) => {
    await second;
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    return DONE;
  });
  t.same(both.asked, ['upgrade from 127.0.0.1:8080', '/boot full, but for 20 MiB']);
  t.same(both.result.stamp, stamp);
  t.match(both.progress, [/^space-exhausted strikes/, 'somebody else: taking room']);
  const late = await upgraded(fault, async ({ second }) => {
    await second;
    return DONE;
  });
  t.same(late.result.stamp, { ...stamp, isLate: true }, 'nobody wrote any more');
});

t.test('nobody else begins when it is over before', async (t) => {
  const fault = updateTwice({ when: { at: 'console', pattern: 'never said' } });
  const alone = await upgraded(fault, () => Promise.resolve(DONE));
  t.same(alone.asked, ['upgrade from 127.0.0.1:8080']);
  t.equal(alone.result.stamp, null);
});
