/** Places that are filled: on a simulated host, and what a layout has its host do. */
import t from 'tap';
import ostree from '../layouts/ostree.ts';
import thin from '../layouts/thin.ts';
import { unexpectedEnd } from '../domain/ends.ts';
import { at } from '../domain/moment.ts';
import type { Args } from '../domain/verb.ts';
import { spaceExhausted } from '../faults/space-exhausted.ts';
import type { Layout } from '../ports/layout.ts';
import type { Shell } from '../ports/shell.ts';
import { installed, stepsOn, thrown } from './steps.ts';

t.test('a directory is filled, which is no fault of the host, and is empty again', async (t) => {
  const { steps } = stepsOn((view) => view);
  await installed(steps);
  const before = steps.lastView?.space.boot.usedMiB;
  const left = await steps.perform('fill', { leaveMiB: 20, where: '/boot' });
  t.match(left, { leftMiB: 20 });
  t.ok(left.takenMiB > 0);
  const space = steps.lastView?.space.boot;
  t.equal((space?.sizeMiB ?? 0) - (space?.usedMiB ?? 0), 20);
  const refused = { image: { image: '1.1' }, ends: 'refused' } as const;
  t.match(await steps.perform('upgrade', refused), { reason: /space in \/boot/ });
  await steps.perform('remove', { path: '/boot/filler' });
  t.equal(steps.lastView?.space.boot.usedMiB, before);
  await steps.perform('fill', { leaveMiB: 24, where: '/var' });
  t.match(await steps.perform('upgrade', refused), { reason: /space in \/var/ });
  await steps.perform('remove', { path: '/var/filler' });
  await steps.perform('fill', { leaveMiB: 24, where: '/' });
  t.match(await steps.perform('upgrade', refused), { reason: /space in \/$/ });
  await steps.perform('remove', { path: '/filler' });
  t.match(await steps.perform('upgrade', { image: { image: '1.1' } }), { outcome: 'done' });
  t.same(steps.lastView?.files, {}, 'what was in the way is nobody’s file');
  const elsewhere = { leaveMiB: 1, where: '/etc' } as unknown as Args<'fill'>;
  t.equal((await thrown(steps.perform('fill', elsewhere)))?.blame, 'story');
});

t.test('a place that is fuller already, or was not filled, is filled by nobody', async (t) => {
  const { steps } = stepsOn((view) => view);
  await installed(steps);
  const unfilled = steps.perform('fill', { leaveMiB: 100_000, where: '/boot/efi' });
  await t.rejects(unfilled, {
    code: 'story/fault-never-struck',
    message: /^\/boot\/efi has \d+ MiB left, and was to be filled until there are 100000$/,
  });
  for (const [leftMiB, isFilled] of [
    [21, false],
    [20, true],
    [12, true],
    [11, false],
  ] as const)
    t.equal(unexpectedEnd('fill', { leaveMiB: 20 }, { takenMiB: 1, leftMiB }) === null, isFilled);
});

t.test(
  'a place that runs full in an upgrade is full to the end of it, or was not filled',
  async (t) => {
    const fault = spaceExhausted({ when: at('upgrade', 0.5), where: '/boot', leaveMiB: 20 });
    const args = { image: { image: '1.1' }, fault };
    const { steps } = stepsOn();
    await installed(steps);
    const failed = await steps.perform('upgrade', args);
    t.match(failed, { outcome: 'failed', stamp: { fault: 'space-exhausted', leftMiB: 20 } });
    t.ok((steps.lastView?.space.boot.usedMiB ?? 0) > 900, 'which no invariant minds');
    await steps.perform('remove', { path: '/boot/filler' });
    t.same(steps.lastView?.files, {}, 'what was in the way is nobody’s file');
    await steps.perform('upgrade', { image: { image: '1.1' } });

    for (const [takenMiB, leftMiB, outcome, isLate, code] of [
      [5, 0, 'failed', false, undefined],
      [5, 20, 'failed', false, undefined],
      [5, 21, 'failed', false, 'story/fault-never-struck'],
      [5, 20, 'done', false, 'host/expectation'],
      [0, 8, 'done', false, 'story/fault-never-struck'], // there was no more than that already
      [0, 8, 'failed', false, 'story/fault-never-struck'],
      [5, 20, 'done', true, 'story/fault-never-struck'],
      [5, 20, 'failed', true, undefined],
    ] as const) {
      const late = isLate && { isLate };
      const stamp = {
        fault: 'space-exhausted',
        bytesWritten: 1,
        bytesPlanned: 2,
        takenMiB,
        leftMiB,
        ...late,
      };
      const result = { outcome, reason: null, stamp, content: { usr: '', rest: '' } };
      const error = unexpectedEnd('upgrade', args, result);
      t.equal(error?.code, code, `${outcome}, ${leftMiB.toString()} MiB left`);
    }
  },
);

t.test('only a place that was filled on purpose may be full', async (t) => {
  for (const [where, ...minded] of [
    ['/boot', 'pool-has-room'],
    ['/var', 'boot-has-room', 'pool-has-room'],
    ['pool-metadata', 'boot-has-room'],
    [undefined, 'boot-has-room'],
  ] as const) {
    let isFull = false;
    const { steps, events } = stepsOn((view) => {
      if (!isFull) return view;
      const space = { ...view.space, boot: { usedMiB: 81, sizeMiB: 100 } };
      return { ...view, space, pool: { dataPercent: 85, metadataPercent: 85 } };
    });
    await installed(steps);
    isFull = true;
    await thrown(steps.perform('fill', { leaveMiB: 10, ...(where !== undefined && { where }) }));
    const found = events.flatMap((event) => (event.type === 'finding' ? [event.invariant] : []));
    t.same([...new Set(found)], minded, `${where ?? 'the place of the layers'} was filled`);
  }
});

/** The command that a layout fills a place by, and the script that it hands it. */
async function filling(
  layout: Layout,
  args: Args<'fill'>,
  stdout = '400 20\n',
): Promise<readonly unknown[]> {
  let command: readonly unknown[] = [];
  const shell = {
    run: (text: string, options: { readonly stdin?: string }) => {
      command = [text, options.stdin];
      return Promise.resolve({ status: 0, stdout, stderr: '', truncated: false });
    },
  } as Partial<Shell> as Shell;
  const filling = await layout.fill(
    {
      ...{ shell, deadlineMs: 1, signal: new AbortController().signal },
      ...{ progress: () => undefined, guestScript: (path: string) => path },
    },
    args,
  );
  return [...command, filling];
}

t.test('the place of layers is the pool, or the file system of everything', async (t) => {
  const byScript = (script: string, ...args: string[]): readonly unknown[] => [
    `sh -s -- ${args.map((arg) => `'${arg}'`).join(' ')}`,
    `probe/${script}`,
    { takenMiB: 400, leftMiB: 20 },
  ];
  t.same(await filling(thin, { leaveMiB: 20 }), byScript('thin-fill.sh', '20'));
  t.same(await filling(ostree, { leaveMiB: 20 }), byScript('fill.sh', '/var', '20'));
  for (const layout of [thin, ostree]) {
    const esp = { leaveMiB: 20, where: '/boot/efi' } as const;
    t.same(await filling(layout, esp), byScript('fill.sh', '/boot/efi', '20'));
  }
  for (const stdout of ['', 'many', '20', '1 20 MiB', '-1 20', `1 ${'9'.repeat(400)}`])
    await t.rejects(filling(thin, { leaveMiB: 20 }, stdout), { code: 'host/command' });
  const root = { leaveMiB: 4, where: '/' } as const;
  const metadata = { leaveMiB: 4, where: 'pool-metadata' } as const;
  t.same(await filling(thin, root), byScript('fill.sh', '/', '4'));
  t.same(await filling(thin, metadata), byScript('thin-fill-metadata.sh', '4'));
  for (const nothing of [root, metadata])
    await t.rejects(filling(ostree, nothing), { code: 'story/misuse' });
});
