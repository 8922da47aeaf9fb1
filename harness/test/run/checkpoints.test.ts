/** Jobs that remember what was done before. */
import t from 'tap';
import { loadScenarios } from '../../cli/load.ts';
import { at } from '../../domain/moment.ts';
import { plan } from '../../domain/plan.ts';
import { powerCut } from '../../faults/power-cut.ts';
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
      await host.upgrade(image('1.1'), { fault: powerCut({ when: at('upgrade', fraction) }) });
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
