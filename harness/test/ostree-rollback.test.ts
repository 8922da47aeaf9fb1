import t from 'tap';
import ostree from '../layouts/ostree.ts';
import type { CommandResult, Shell } from '../ports/shell.ts';

const NEWER = `${'b'.repeat(64)}.0`;
const PROGRAM = '/usr/libexec/reference-node/ostree-rollback';

/** What a rollback comes to, and what was run for it on a host that answers like this. */
async function rollback(
  to: string | null,
  { status, stderr = '' }: Partial<CommandResult>,
): Promise<readonly [outcome: string, reason: string | null, commands: readonly string[]]> {
  const commands: string[] = [];
  const shell = {
    run: (command: string) => {
      commands.push(command);
      return Promise.resolve({ status: status ?? 0, stdout: '', stderr, truncated: false });
    },
  } as Partial<Shell> as Shell;
  const { outcome, reason } = await ostree.rollback(
    {
      ...{ shell, deadlineMs: 1, signal: new AbortController().signal },
      ...{ progress: () => undefined, guestScript: () => '' },
    },
    to,
  );
  return [outcome, reason, commands];
}

t.test('which deployment a rollback leads to is for the host to say', async (t) => {
  t.same(await rollback(null, { status: 0 }), ['done', null, [PROGRAM]]);
  t.same(await rollback(NEWER, { status: 0 }), ['done', null, [`${PROGRAM} '${NEWER}'`]]);
});

t.test('it is refused when the host says so, and every other end is a failure', async (t) => {
  const [none, broken] = ['there is no such deployment', 'error: Bootloader write config'];
  t.same(await rollback(null, { status: 3, stderr: `${none}\n` }), ['refused', none, [PROGRAM]]);
  t.same(await rollback(null, { status: 1, stderr: `${broken}\n` }), ['failed', broken, [PROGRAM]]);
  const [outcome] = await rollback(null, { status: 127, stderr: 'not found' });
  t.equal(outcome, 'failed');
});
