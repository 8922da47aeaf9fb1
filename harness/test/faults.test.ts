/** Every fault: as it is listed, as a story has it, when it strikes, and when it does not. */
import t from 'tap';
import { KINDS } from '../cli/listings.ts';
import { loadFaults, loadScenarios, ROOT } from '../cli/load.ts';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import * as moments from '../domain/moment.ts';
import { plan } from '../domain/plan.ts';
import { VERBS, type Args, type BootEnd, type Result, type Verb } from '../domain/verb.ts';
import { connectionDropped } from '../faults/connection-dropped.ts';
import { diskError } from '../faults/disk-error.ts';
import { diskGone } from '../faults/disk-gone.ts';
import { powerCut } from '../faults/power-cut.ts';
import { espEmptied, espRestored } from '../faults/esp-emptied.ts';
import { rebootInMidUpdate } from '../faults/reboot-in-mid-update.ts';
import { secondDisk } from '../faults/second-disk.ts';
import { variablesLost } from '../faults/variables-lost.ts';
import { rehearse } from '../run/checkpoints/rehearsal.ts';
import { storyHost } from '../run/story-api.ts';
import * as authors from '../scenario.ts';
import { diskFaults } from './faults/disk.ts';
import { hardwareFaults } from './faults/hardware.ts';
import { lineFaults } from './faults/line.ts';
import { machineFaults } from './faults/machine.ts';
import { installed, stepsOn, thrown } from './steps.ts';

t.setTimeout(120_000);

const { after, afterBytes, afterServed, at, atMark, during } = moments;
const faults = await loadFaults();
const cases = [...diskFaults, ...hardwareFaults, ...lineFaults, ...machineFaults];
const content = { usr: '', rest: '' };

interface Asked {
  readonly verb: Verb;
  readonly args: Args<Verb>;
}

/** The steps that an example asks for. */
async function exampled(example: string): Promise<readonly [Asked, ...Asked[]]> {
  const asked: Asked[] = [];
  const perform = <V extends Verb>(verb: V, args: Args<V>): Promise<Result<V>> => {
    asked.push({ verb, args });
    return Promise.resolve({} as Result<V>);
  };
  const story = { image: (image: string) => ({ image }), random: { next: () => 0.5 } };
  const names = { ...authors, ...story, host: storyHost({ perform }) };
  // as it stands in the list, with what a story is given
  await runInNewContext(example, names);
  const [step, ...others] = asked;
  if (step === undefined) throw new Error(`${example} asks for no step`);
  return [step, ...others];
}

t.test('a fault is named like its file, and explained in two lines and an example', async (t) => {
  const files = await readdir(join(ROOT, 'harness/faults'));
  t.same(
    faults.map(({ name }) => `${name}.ts`),
    files.sort(),
  );
  for (const { name, title, detail, example } of faults) {
    for (const line of [title, detail, example]) t.ok(line.length <= 100, `${name}: ${line}`);
    const [author = ''] = /(?<!\.)\b[a-z]+[A-Z]\w*(?=\()/.exec(example) ?? [];
    if (!(author in authors)) {
      t.fail(`${name}: harness/scenario.ts does not export ${author} of harness/faults/${name}.ts`);
      continue;
    }
    const [{ verb, args }] = await exampled(example);
    t.match(VERBS[verb].args.parse(args), { fault: { fault: name } }, example);
  }
});

t.test('so is every moment, and its example holds', async (t) => {
  const { entries } = await KINDS.faults();
  const listed = entries.filter(({ heading }) => heading === 'moments at which they strike');
  const there = Object.entries(moments).filter(([, value]) => typeof value === 'function');
  t.same(listed.map(({ name }) => name).sort(), there.map(([name]) => name).sort());
  for (const { name, title, detail, example } of listed) {
    const lines = [title, detail, example].map(String);
    for (const line of lines) t.ok(line.length <= 100, `${name}: ${line}`);
    t.match(lines[2], `when: ${name}(`);
    const [{ verb, args }] = await exampled(String(example));
    t.match(VERBS[verb].args.parse(args), { fault: { when: {} } });
  }
});

t.test('so is what is wrong with an image and what can be filled; its example holds', async (t) => {
  const { entries } = await KINDS.faults();
  const headings = [
    'images with something wrong',
    'places that can be filled (done inside the guest)',
  ];
  const others = entries.filter(({ heading = '' }) => headings.includes(heading));
  t.same(new Set(others.map(({ heading }) => heading)).size, headings.length);
  for (const { name, title, detail, example } of others) {
    const lines = [title, detail, example].map(String);
    for (const line of lines) t.ok(line.length <= 100, `${name}: ${line}`);
    const asked = await exampled(String(example));
    t.ok(String(example).includes(name) || name === 'unless said', `${name}: ${String(example)}`);
    const { steps } = stepsOn();
    await installed(steps);
    for (const { verb, args } of asked) await steps.perform(verb, args);
  }
});

t.test('each of them, armed and not struck, is told', async (t) => {
  for (const { name, example } of faults) {
    const [{ verb, args }] = await exampled(example);
    const { steps } = stepsOn({
      ...(verb === 'boot' && { boot: () => Promise.resolve({ ends: 'up', stamp: null } as const) }),
      upgrade: () => Promise.resolve({ outcome: 'done', reason: null, stamp: null, content }),
      strike: () => Promise.resolve({ stamp: null }),
    });
    await steps.perform('install', { image: { image: '1.0' } });
    if (VERBS[verb].needs === 'running') await steps.perform('boot', {});
    await t.rejects(
      steps.perform(verb, args),
      { code: 'story/fault-never-struck', message: new RegExp(`^${name} was armed`) },
      name,
    );
  }
});

t.test('so it is in a start and on the way down', async (t) => {
  const { steps } = stepsOn({
    powerOff: () => Promise.resolve({ stamp: null }),
    reboot: () => Promise.resolve({ ends: 'up', stamp: null }),
  });
  await installed(steps);
  const never = { code: 'story/fault-never-struck' };
  await t.rejects(steps.perform('reboot', { fault: diskError({}) }), never);
  const cut = powerCut({ when: after('flush', 10) });
  await t.rejects(steps.perform('powerOff', { fault: cut }), never);
});

t.test('each of them is seen to strike, and not to', (t) => {
  t.same(
    [...new Set(cases.map(({ plan }) => plan.fault))].sort(),
    faults.map(({ name }) => name),
    'each has a case in harness/test/faults/',
  );
  const always = cases.filter(({ misses }) => misses === null).map(({ plan }) => plan.fault);
  t.same(always, ['clock-set-back'], 'there is no machine whose clock could not be set');
  for (const { plan, stamp, strikes, misses } of cases) {
    const name = JSON.stringify(plan);
    t.test(`${name} strikes`, async (t) => {
      t.match(await strikes(t), { fault: plan.fault, ...stamp });
    });
    if (misses === null) continue;
    t.test(`${name} does not strike`, async (t) => {
      t.equal(await misses(), null);
    });
  }
  t.end();
});

t.test('a moment that the step cannot come to is refused before anything is done', async (t) => {
  const { steps } = stepsOn();
  await steps.perform('install', { image: { image: '1.0' } });
  for (const when of [at('upgrade', 0.5), atMark('default switched')])
    await t.rejects(steps.perform('boot', { fault: powerCut({ when }) }), {
      code: 'story/argument',
      message: /one of an upgrade/,
    });
  const early = rebootInMidUpdate({ when: afterBytes(10) });
  await t.rejects(steps.perform('boot', { fault: early }), {
    code: 'story/argument',
    message: /nobody can tell a host/,
  });
  await steps.perform('boot', {});
  const late = diskError({ when: afterBytes(10) });
  await t.rejects(steps.perform('reboot', { fault: late }), { code: 'story/argument' });
  const fault = powerCut({ when: during('boot', 'kernel') });
  const image = { image: '1.1' };
  await t.rejects(steps.perform('upgrade', { image, fault }), { code: 'story/argument' });
  const odd = powerCut({ when: { at: 'console', pattern: '(' } });
  await t.rejects(steps.perform('upgrade', { image, fault: odd }), {
    code: 'story/argument',
    message: /not a regular expression/,
  });
});

t.test('an upgrade that fails before the fault strikes is the fault of the host', async (t) => {
  const dropped = connectionDropped({ when: afterServed(10) });
  const cut = powerCut({ when: afterBytes(10) });
  const { steps } = stepsOn({
    upgrade: () => Promise.resolve({ outcome: 'failed', reason: 'no', stamp: null, content }),
  });
  await installed(steps);
  for (const fault of [dropped, cut]) {
    await t.rejects(steps.perform('upgrade', { image: { image: '1.1' }, fault }), {
      code: 'host/expectation',
      message: `the upgrade was failed, before the ${fault.fault}: no`,
    });
  }
});

t.test('an upgrade whose connection drops must not be done', async (t) => {
  const fault = connectionDropped({ when: afterServed(10) });
  const image = { image: '1.1' };
  const { steps } = stepsOn();
  await installed(steps);
  const { outcome, stamp } = await steps.perform('upgrade', { image, fault });
  t.equal(outcome, 'refused');
  t.same(stamp, { fault: 'connection-dropped', bytesServed: 10 });
  const deaf = stepsOn({
    upgrade: () => Promise.resolve({ outcome: 'done', reason: null, stamp, content }),
  });
  await installed(deaf.steps);
  t.equal((await thrown(deaf.steps.perform('upgrade', { image, fault })))?.blame, 'host');
});

t.test('of several ends that an upgrade may have, any will do, and no other', async (t) => {
  const { steps } = stepsOn({
    upgrade: () => Promise.resolve({ outcome: 'failed', reason: null, stamp: null, content }),
  });
  await installed(steps);
  const image = { image: '1.1' };
  await steps.perform('upgrade', { image, ends: ['done', 'failed'] });
  await t.rejects(steps.perform('upgrade', { image, ends: ['done', 'refused'] }), {
    message: /expected was done or refused/,
  });
});

t.test(
  'a start that is cut leaves a host that is off, and promises what it did before',
  async (t) => {
    const { steps } = stepsOn();
    await installed(steps);
    await steps.perform('upgrade', { image: { image: '1.1' } });
    await steps.perform('powerOff', {});
    await steps.perform('strike', { fault: variablesLost() });
    const fault = powerCut({ when: afterBytes(10) });
    t.match(await steps.perform('boot', { fault }), { ends: 'cut', stamp: { fault: 'power-cut' } });
    await t.rejects(steps.perform('settle', {}), { code: 'story/misuse', message: /it is off/ });
    await steps.perform('boot', {});
    t.equal(steps.lastView?.version, '1.1');
  },
);

t.test(
  'a start without a loader is an end of its own, and promises what it did before',
  async (t) => {
    const { steps } = stepsOn();
    await installed(steps);
    await steps.perform('upgrade', { image: { image: '1.1' } });
    await steps.perform('powerOff', {});
    await t.rejects(
      steps.perform('boot', { ends: 'no-loader' }),
      { code: 'host/never' },
      'it has one',
    );
    await steps.perform('strike', { fault: espEmptied() });
    await t.rejects(steps.perform('boot', {}), { blame: 'host', message: /no-loader/ });
    await steps.perform('powerCut', {});
    await steps.perform('boot', { ends: 'no-loader' });
    await t.rejects(steps.perform('settle', {}), { code: 'story/misuse', message: /it is hung/ });
    await steps.perform('powerCut', {});
    await steps.perform('strike', { fault: espRestored() });
    await steps.perform('boot', {});
    t.equal(steps.lastView?.version, '1.1');
  },
);

t.test(
  'a host whose disk was moved has nothing to start from until it is installed anew',
  async (t) => {
    const { steps } = stepsOn((view) => view);
    await steps.perform('install', { image: { image: '1.0' } });
    await steps.perform('strike', { fault: secondDisk() });
    await t.rejects(steps.perform('strike', { fault: secondDisk() }), { code: 'story/misuse' });
    await steps.perform('boot', { ends: 'no-loader' });
    await steps.perform('powerCut', {});
    await steps.perform('install', { image: { image: '1.1' } });
    await steps.perform('boot', {});
    t.equal(steps.lastView?.version, '1.1');
  },
);

t.test('every story has disks that its faults can strike, whatever the run says', async (t) => {
  const scenarios = await loadScenarios();
  for (const job of plan(scenarios, { filters: [], machine: 'qemu', seed: 0 })) {
    if (job.disks === 'served') continue;
    const { acts } = await rehearse(job);
    if (acts.some(({ text }) => text.includes('"strikes":"disk"'))) t.fail(job.id);
  }
});

t.test('a disk that goes away must be back before a machine is switched on without it', (t) => {
  const isTaken = (verb: 'boot' | 'reboot', ends: BootEnd, backAfterS: number): boolean =>
    VERBS[verb].args.safeParse({ ends, fault: diskGone({ command: 'flush', backAfterS }) }).success;
  t.ok(isTaken('reboot', 'up', 3));
  t.notOk(isTaken('reboot', 'up', 40));
  t.ok(isTaken('boot', 'fallback', 3));
  t.notOk(isTaken('boot', 'fallback', 40), 'what falls back is switched on more than once');
  t.ok(isTaken('boot', 'up', 40), 'it is switched on once, before that');
  t.end();
});
