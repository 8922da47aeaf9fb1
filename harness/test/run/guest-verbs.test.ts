import t from 'tap';
import { HostproofError } from '../../domain/errors.ts';
import type { Layout } from '../../ports/layout.ts';
import type { Shell } from '../../ports/shell.ts';
import { GuestVerbs } from '../../run/guest-verbs.ts';
import { fakeClock } from '../fake-clock.ts';
import { scripted, type Moment } from './scripted-machine.ts';
import { scriptedPower, STEP } from './scripted-power.ts';

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** A host whose commands never end once it is up, and whose layout does not answer either. */
async function hangingHost(moment: Omit<Moment, 'atMs'>) {
  const clock = fakeClock();
  let happen: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => (happen = resolve));
  const machineClock = { ...clock, sleep: () => happened };
  let isUp = false;
  const shell = {
    run: () => (isUp ? never() : Promise.resolve({ status: 0, stdout: '', stderr: '' })),
  } as unknown as Shell;
  const power = scriptedPower({
    hypervisor: scripted(machineClock, [[{ atMs: 1, ...moment }]]),
    connect: () => Promise.resolve(shell),
    clock,
  });
  const context = STEP;
  await power.start(context);
  await power.arrive('up', context);
  isUp = true;
  const layout = { fill: never, rollback: never, observe: never, digest: never } as never as Layout;
  const options = { power, layout, images: {}, updates: {}, guestScript: () => '' } as never;
  return { verbs: new GuestVerbs(options), context, happen };
}

const VERBS: Record<string, (host: Awaited<ReturnType<typeof hangingHost>>) => Promise<unknown>> = {
  write: ({ verbs, context }) => verbs.write({ path: '/x', content: '' }, context),
  read: ({ verbs, context }) => verbs.read({ path: '/x' }, context),
  settle: ({ verbs, context }) => verbs.settle({}, context),
  fill: ({ verbs, context }) => verbs.fill({ leaveMiB: 1 }, context),
  rollback: ({ verbs, context }) => verbs.rollback({}, context),
  view: ({ verbs, context }) => verbs.view({ watch: [] }, context),
  digest: ({ verbs, context }) => verbs.digest({}, context),
};

for (const [verb, ask] of Object.entries(VERBS)) {
  t.test(`${verb}: a machine below that fails is unfit, and not the host's fault`, async (t) => {
    const unfit = new HostproofError('env/disk-full', 'write on disk0 failed');
    const host = await hangingHost({ unfit });
    const asked = ask(host);
    host.happen();
    await t.rejects(asked, { code: 'env/disk-full', blame: 'environment' });
  });

  t.test(`${verb}: a host that panics meanwhile is given up at once`, async (t) => {
    const host = await hangingHost({ says: 'Kernel panic - not syncing: Fatal exception' });
    const asked = ask(host);
    host.happen();
    await t.rejects(asked, { code: 'host/never', message: /panic/ });
  });
}
