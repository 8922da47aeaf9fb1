/** What goes wrong while a job remembers: no verdict is a memory, and nothing that is in doubt is kept. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Invariant } from '../../checks/invariant.ts';
import { HostproofError } from '../../domain/errors.ts';
import {
  errorOf,
  newCache,
  rolledBack,
  told,
  upgraded,
  type Story,
  type Telling,
} from './telling.ts';

const ALL = Array<boolean>(5).fill(true);

t.test('a story that fails does not fail by what is known alone', async (t) => {
  const cache = newCache();
  const failing: Telling['spoil'] = (sim) => ({
    upgrade: async (...step) => ({ ...(await sim.upgrade(...step)), outcome: 'failed' }),
  });
  t.equal((await told(upgraded, { cache, spoil: failing })).verdict, 'failed');
  const mended = await told(upgraded, { cache });
  t.equal(mended.verdict, 'passed');
  t.same(mended.cached, [true, false, false, false, false]);

  let isWrong = true;
  const oneWrongView: Telling['spoil'] = (sim) => ({
    view: async (...step) => {
      const view = await sim.view(...step);
      return isWrong && view.version === '1.1' ? { ...view, version: '9.9' } : view;
    },
  });
  const fresh = newCache();
  t.equal((await told(upgraded, { cache: fresh, spoil: oneWrongView })).verdict, 'failed');
  isWrong = false;
  const again = await told(upgraded, { cache: fresh, spoil: oneWrongView });
  t.equal(again.verdict, 'passed', 'an expectation that failed is looked at once more');
});

t.test('a new check sees old steps, and has the last of them done again', async (t) => {
  const cache = newCache();
  await told(upgraded, { cache });
  const strict: Invariant = {
    id: 'no-upgrades',
    title: 'none',
    broken: ({ view }) => (view.version === '1.1' ? ['it is'] : []),
  };
  for (const cached of [
    [true, false, false, false],
    [true, true, true, false],
  ]) {
    const judged = await told(upgraded, { cache, invariants: [strict] });
    t.equal(judged.verdict, 'failed');
    t.same(judged.cached, cached);
  }
});

t.test('what is looked at once more is looked at', async (t) => {
  const cache = newCache();
  let looks = 0;
  const spoil: Telling['spoil'] = (sim) => ({
    view: async (...step) => {
      const view = await sim.view(...step);
      const failedUnits = ++looks % 3 === 0 ? [{ unit: 'late.service', said: '' }] : [];
      return { ...view, failedUnits };
    },
    read: () => Promise.resolve({ content: (++looks).toString() }),
  });
  const settles: Story = async ({ host, image }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.settle();
  };
  // the third look comes after the bases were read
  for (const forgetful of [true, false]) {
    looks = 0;
    const { verdict, events } = await told(settles, { cache, spoil, forgetful });
    t.equal(verdict, 'failed');
    t.equal(errorOf(events)?.invariant, 'no-failed-units');
  }
  const polls: Story = async ({ host, image }) => {
    await host.install(image('1.0'));
    await host.boot();
    const seen = [await host.read('/x'), await host.read('/x')];
    if (seen[0] === seen[1]) throw new Error('nothing has changed');
    throw new Error('it has changed');
  };
  t.match(errorOf((await told(polls, { cache: newCache(), spoil })).events)?.message, /it has/);
});

/** Writes a file and does not look whether that has gone well; the host is started again after it. */
const writes: Story = async ({ host, image }) => {
  await host.install(image('1.0'));
  await host.boot();
  await host.write('/var/lib/x', 'y').catch(() => undefined);
  await host.reboot();
  await host.read('/var/lib/x');
};
/** Fails on every host: nobody has written that file. */
const neverWrites: Story = async ({ host, image, expect }) => {
  await host.install(image('1.0'));
  await host.boot();
  await host.reboot();
  await expect.file('/var/lib/x', 'y');
};

t.test(
  'what follows an act that threw is not taken for what follows one that did not',
  async (t) => {
    const cache = newCache();
    await told(writes, {
      cache,
      spoil: (sim) => ({
        write: async (...step) => {
          await sim.write(...step);
          throw new Error('the connection was lost');
        },
      }),
    });
    t.equal((await told(neverWrites, { cache })).verdict, 'failed');
  },
);

t.test('what goes wrong with a checkpoint is not what the host has done', async (t) => {
  const cache = newCache();
  await told(upgraded, { cache, others: [rolledBack] });
  const late = await told(rolledBack, {
    ...{ cache, others: [upgraded] },
    spoil: () => ({ thaw: () => Promise.reject(new HostproofError('host/timeout', 'no ssh')) }),
  });
  t.equal(late.verdict, 'harness-error');
  t.match(errorOf(late.events), { code: 'harness/checkpoint', message: /no ssh/ });
  const after = await told(rolledBack, { cache, others: [upgraded] });
  t.equal(after.verdict, 'passed');
  t.notOk(after.cached[2], 'nobody else goes on from there');
  let asked = 0;
  const hesitant = await told(upgraded, {
    cache,
    spoil: (sim) => ({
      inputs: (...step) =>
        asked++ === 2 ? Promise.reject(new Error('not now')) : sim.inputs(...step),
    }),
  });
  t.equal(hesitant.verdict, 'passed', 'what was not known in silence is done');
});

t.test('a state is forgotten if no machine goes on from it, and for nothing else', async (t) => {
  const ended = new AbortController();
  const failures: Readonly<Record<string, () => Error>> = {
    'nobody can go on from the checkpoint': () => new Error('no machine goes on'),
    'env/image-damaged': () => new HostproofError('env/image-damaged', 'load of migration failed'),
    'env/disk-full': () => new HostproofError('env/disk-full', 'no room for its memory'),
    'the run is over': () => {
      ended.abort();
      return new HostproofError('interrupt', 'Ctrl-C');
    },
  };
  for (const [why, failure] of Object.entries(failures)) {
    const cache = newCache();
    await told(upgraded, { cache, others: [rolledBack] });
    const telling = { cache, others: [upgraded] };
    await told(rolledBack, {
      ...{ ...telling, signal: ended.signal },
      spoil: () => ({ thaw: () => Promise.reject(failure()) }),
    });
    const { cached } = await told(rolledBack, telling);
    t.equal(cached[2], ['env/disk-full', 'the run is over'].includes(why), why);
  }
});

t.test('what follows a state that could not be kept is not kept either', async (t) => {
  const cache = newCache();
  const parts: Story = async ({ host, image }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/var/lib/x', 'y');
    await host.fill({ leaveMiB: 1000 });
  };
  let thaws = 0;
  await told(writes, {
    ...{ cache, others: [parts] },
    spoil: (sim) => ({
      thaw: async (...frozen) => {
        // the first is after the installation
        if (++thaws === 2) throw new Error('once');
        return sim.thaw(...frozen);
      },
    }),
  });
  t.ok(thaws >= 2);
  t.equal((await told(neverWrites, { cache })).verdict, 'failed');
});

t.test('a state that cannot be sealed is told when the host answers again', async (t) => {
  const cache = newCache();
  const order: string[] = [];
  const { verdict } = await told(upgraded, {
    ...{ cache, others: [rolledBack], store: { onNote: () => undefined } },
    spoil: (sim) => ({
      freeze: async (directory) => {
        await sim.freeze(directory);
        // what is no file has no digest
        await mkdir(join(directory, 'directory'));
      },
      thaw: async (...frozen) => {
        await sim.thaw(...frozen);
        const answers = new Promise((resolve) => setTimeout(resolve, 50)).then(() => {
          order.push('answers');
        });
        return { answers };
      },
      [Symbol.asyncDispose]: () => {
        order.push('disposed');
        return Promise.resolve();
      },
    }),
  });
  t.not(verdict, 'passed');
  t.same(order, ['answers', 'disposed']);
});

t.test('a story that takes every error for an answer is told all the same', async (t) => {
  const cache = newCache();
  const begins: Story = async ({ host, image }) => {
    await host.install(image('1.0'));
    await host.boot();
  };
  await told(begins, { cache });
  const asks: Story = async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    for (;;) {
      try {
        await host.read('/etc/hostname');
        break;
      } catch {
        continue;
      }
    }
    expect.layer('1.0');
  };
  t.equal((await told(asks, { cache })).verdict, 'passed');
});

t.test('a story that keeps failing takes nothing from the others', async (t) => {
  const cache = newCache();
  const expects: Story = async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    expect.layer('9.9');
  };
  const parts: Story = async ({ host, image }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.fill({ leaveMiB: 1000 });
  };
  const others = [expects, upgraded, parts];
  await told(upgraded, { cache, others });
  for (let time = 0; time < 3; time++) {
    t.equal((await told(expects, { cache, others })).verdict, 'failed');
    t.same((await told(upgraded, { cache, others })).cached, ALL);
  }
});
