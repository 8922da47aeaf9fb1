/** Jobs that remember what was done before. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { loadScenarios } from '../../cli/load.ts';
import type { Invariant } from '../../checks/invariant.ts';
import { HostproofError } from '../../domain/errors.ts';
import { plan } from '../../domain/plan.ts';
import {
  errorOf,
  newCache,
  rolledBack,
  told,
  upgraded,
  type Story,
  type Telling,
} from './telling.ts';

const [ALL, NOTHING] = [Array<boolean>(5).fill(true), Array<boolean>(5).fill(false)];

t.test('what was done once is not done again, and comes to the same', async (t) => {
  const cache = newCache();
  const first = await told(upgraded, { cache });
  t.equal(first.verdict, 'passed');
  t.same(first.cached, NOTHING);
  const again = await told(upgraded, { cache });
  t.equal(again.verdict, 'passed');
  t.same(again.cached, ALL);
  t.same(again.done, [], 'nothing was done');
  const plain = (steps: typeof first.steps) =>
    steps.map(({ result, view, error }) => ({ result, view, error }));
  t.same(plain(again.steps), plain(first.steps));
});

t.test('stories that begin alike go on from where they part', async (t) => {
  const cache = newCache();
  await told(upgraded, { cache, others: [rolledBack] });
  const other = await told(rolledBack, { cache, others: [upgraded] });
  t.equal(other.verdict, 'passed');
  t.same(other.cached, [true, true, true, false, false, false]);
  t.same(other.done.slice(0, 3), ['thaw', 'rollback', 'view']);
});

t.test('where nobody was known to part, it is done again from the last state', async (t) => {
  const cache = newCache();
  await told(upgraded, { cache });
  const other = await told(rolledBack, { cache });
  t.equal(other.verdict, 'passed', JSON.stringify(errorOf(other.events)));
  t.same(other.cached, [true, false, false, false, false, false]);
  t.same(other.done.slice(0, 2), ['thaw', 'boot'], 'from the installed host, which is off');
  const third = await told(upgraded, { cache });
  t.same(third.cached, [true, true, true, false, false], 'executions never mix');
});

t.test('a state that is done again must come to what it had come to', async (t) => {
  const cache = newCache();
  await told(upgraded, { cache });
  const other = await told(rolledBack, {
    cache,
    spoil: (sim) => ({
      upgrade: async (...step) => ({ ...(await sim.upgrade(...step)), outcome: 'failed' }),
    }),
  });
  t.equal(other.verdict, 'story-error');
  t.match(errorOf(other.events), {
    code: 'story/not-deterministic',
    message: /outcome was "done", and is "failed"/,
  });
});

t.test('everything that can change a step misses when it changes', async (t) => {
  const cache = newCache();
  const identity = {
    ...{ qemu: 'build', accelerator: 'tcg', cpu: 'max', firmware: 'f', variables: 'v' },
    ...{ sources: 's', memoryMiB: 1024, layout: 'thin', storage: 'ext4-boot', key: 'k' },
  };
  await told(upgraded, { cache, identity });
  t.same((await told(upgraded, { cache, identity: { ...identity } })).cached, ALL);
  for (const name of Object.keys(identity)) {
    const changed = { ...identity, [name]: 'another' };
    t.same((await told(upgraded, { cache, identity: changed })).cached, NOTHING, name);
  }
  const argument: Story = async (context) => {
    const { host, image } = context;
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.2'));
  };
  const other = await told(argument, { cache, identity });
  t.same(other.cached, [true, false, false, false], 'another argument of the last step');
  const otherImage = await told(upgraded, {
    ...{ cache, identity },
    spoil: (sim) => ({
      inputs: async (verb, args, context) =>
        verb === 'upgrade' ? 'another digest' : sim.inputs(verb, args, context),
    }),
  });
  t.same(otherImage.cached.slice(0, 3), [true, true, false], 'the digest of the update');
});

t.test('a fault at another moment, and another seed, are other steps', async (t) => {
  const cache = newCache();
  const cut =
    (fraction: number): Story =>
    async ({ host, image }) => {
      await host.install(image('1.0'));
      await host.boot();
      const when = { at: 'fraction', of: 'upgrade', fraction } as const;
      await host.upgrade(image('1.1'), { fault: { fault: 'power-cut', when } });
    };
  await told(cut(0.5), { cache });
  t.same((await told(cut(0.5), { cache })).cached, [true, true, true]);
  t.same((await told(cut(0.6), { cache })).cached.at(-1), false);
  const random: Story = async ({ host, image, random: { integer } }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', integer(1e9).toString());
  };
  await told(random, { cache, seed: 1 });
  t.same((await told(random, { cache, seed: 1 })).cached, [true, true, true, true]);
  t.same((await told(random, { cache, seed: 2 })).cached.slice(2), [false, false]);
});

t.test('what talks to the outside is not kept, and neither is what follows', async (t) => {
  const cache = newCache();
  const spoil: Telling['spoil'] = (sim) => ({
    inputs: (verb, ...rest) =>
      verb === 'upgrade' ? Promise.resolve(null) : sim.inputs(verb, ...rest),
  });
  await told(upgraded, { cache, spoil });
  const again = await told(upgraded, { cache, spoil });
  t.equal(again.verdict, 'passed');
  t.same(again.cached, [true, false, false, false, false]);
});

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

t.test(
  'what follows an act that threw is not taken for what follows one that did not',
  async (t) => {
    const cache = newCache();
    const spoil: Telling['spoil'] = (sim) => ({
      upgrade: async (...step) => {
        await sim.upgrade(...step);
        throw new Error('the connection was lost');
      },
    });
    const swallows: Story = async ({ host, image }) => {
      await host.install(image('1.0'));
      await host.boot();
      await host.upgrade(image('1.1')).catch(() => undefined);
      await host.reboot();
    };
    await told(swallows, { cache, spoil });
    const restarts: Story = async ({ host, image, expect }) => {
      await host.install(image('1.0'));
      await host.boot();
      await host.reboot();
      expect.layer('1.0');
    };
    t.equal((await told(restarts, { cache })).verdict, 'passed');
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

t.test('what follows a state that could not be kept is not kept either', async (t) => {
  const cache = newCache();
  const swallows: Story = async ({ host, image }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/var/lib/x', 'y').catch(() => undefined);
    await host.reboot();
    await host.read('/var/lib/x');
  };
  const parts: Story = async ({ host, image }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/var/lib/x', 'y');
    await host.fill({ leaveMiB: 1000 });
  };
  let thaws = 0;
  await told(swallows, {
    ...{ cache, others: [parts] },
    spoil: (sim) => ({
      thaw: async (...frozen) => {
        await sim.thaw(...frozen);
        if (++thaws === 2) throw new Error('once');
      },
    }),
  });
  t.ok(thaws >= 2);
  const reads: Story = async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.reboot();
    await expect.file('/var/lib/x', null);
  };
  const { verdict, events } = await told(reads, { cache });
  t.equal(verdict, 'passed', JSON.stringify(errorOf(events)));
});

t.test('a state that cannot be sealed is waited for until the machine goes on', async (t) => {
  const cache = newCache();
  const order: string[] = [];
  const { verdict } = await told(upgraded, {
    ...{ cache, others: [rolledBack], store: { onNote: () => undefined } },
    spoil: (sim) => ({
      freeze: async (directory) => {
        await sim.freeze(directory);
        // nothing can be written there any more
        await mkdir(join(directory, 'manifest.json'));
      },
      thaw: async (...frozen) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        await sim.thaw(...frozen);
        order.push('thawed');
      },
      [Symbol.asyncDispose]: () => {
        order.push('disposed');
        return Promise.resolve();
      },
    }),
  });
  t.not(verdict, 'passed');
  t.same(order, ['thawed', 'disposed']);
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

t.test('a story that forgets to wait is told so, with checkpoints, too', async (t) => {
  const cache = newCache();
  const hasty: Story = async ({ host, image }) => {
    await host.install(image('1.0'));
    void host.boot();
  };
  for (const forgetful of [true, false, false]) {
    const { verdict, events } = await told(hasty, { cache, forgetful });
    t.equal(verdict, 'story-error');
    t.match(errorOf(events)?.message, /a missing await/);
  }
});

t.test('--refresh does everything, and keeps it in place of what was kept', async (t) => {
  const cache = newCache();
  await told(upgraded, { cache });
  t.same((await told(upgraded, { cache, store: { refresh: true } })).cached, NOTHING);
  const after = await told(upgraded, { cache });
  t.same(after.cached, ALL);
  t.same(after.notes, []);
});

t.test('the smoke suite comes to the same with checkpoints and without', async (t) => {
  const all = plan(await loadScenarios(), {
    ...{ suite: 'smoke', machine: 'sim', filters: [], seed: 0 },
  } as const);
  const cache = newCache();
  const stories = all.map(({ run }) => run.story);
  const seen = ({ verdict, steps }: Awaited<ReturnType<typeof told>>) => ({
    verdict,
    steps: steps.map(({ step, result, view, error }) => ({ step, result, view, error })),
  });
  const forgetful: Awaited<ReturnType<typeof told>>[] = [];
  for (const story of stories) forgetful.push(await told(story, { cache, forgetful: true }));
  for (const how of ['cold', 'warm']) {
    for (const [index, story] of stories.entries()) {
      const remembering = await told(story, { cache, others: stories });
      t.same(seen(remembering), seen(forgetful[index] as never), `${how}: ${all[index]?.id ?? ''}`);
      t.same(remembering.notes, []);
      if (how === 'warm') t.ok(remembering.cached.every(Boolean));
    }
  }
});
