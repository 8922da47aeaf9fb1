import t from 'tap';
import type { BuiltImage } from '../domain/image.ts';
import ostree from '../layouts/ostree.ts';
import type { EngineOutcome } from '../ports/layout.ts';
import type { Shell } from '../ports/shell.ts';

const STATUS = `  reference-node ${'b'.repeat(64)}.0 (staged)
    origin refspec: another:one
* reference-node ${'a'.repeat(64)}.0
    Version: 1.0
    origin refspec: reference-node:reference-node/x86_64
`;

/** How an upgrade ends on a host where the command that begins so fails and says this, and the commands that it takes. */
async function upgrade(
  failing: string,
  stderr = '',
  status = STATUS,
): Promise<{ readonly ended: EngineOutcome; readonly commands: readonly string[] }> {
  const commands: string[] = [];
  const shell = {
    run: (command: string) => {
      commands.push(command);
      const fails = failing !== '' && command.startsWith(failing);
      const stdout = command === 'ostree admin status' ? status : '';
      return Promise.resolve({
        ...{ status: fails ? 1 : 0, stdout, stderr: fails ? stderr : '', truncated: false },
      });
    },
  } as Partial<Shell> as Shell;
  const ended = await ostree.upgrade(
    {
      ...{ shell, deadlineMs: 1, signal: new AbortController().signal },
      ...{ progress: () => undefined, guestScript: () => '' },
    },
    {} as BuiltImage,
    8080,
  );
  return { ended, commands };
}

const STAGE = 'ostree admin upgrade --deploy-only --stage';
const CLEANUP = 'ostree admin cleanup';

t.test('what was pulled is staged, and nothing is left to clean up', async (t) => {
  const { ended, commands } = await upgrade('');
  t.same(ended, { outcome: 'done', reason: null });
  t.equal(commands.at(-1), STAGE);
});

t.test('a commit without /usr/etc is refused before it is staged', async (t) => {
  const said = "error: Inspecting path '/usr/etc': No such file or directory: /usr/etc";
  const { ended, commands } = await upgrade('ostree ls', `${said}\n`);
  t.same(ended, { outcome: 'refused', reason: `the commit has no /usr/etc: ${said}` });
  const listed = commands.at(-1) ?? '';
  t.match(listed, /'reference-node:reference-node\/x86_64' \/usr\/etc$/, 'of the booted origin');
  t.notOk(commands.includes(STAGE));
});

t.test('what libostree leaves of one that it could not stage is cleaned up', async (t) => {
  const { ended, commands } = await upgrade(STAGE, 'error: Failed to find kernel in /boot\n');
  t.same(ended, { outcome: 'failed', reason: 'error: Failed to find kernel in /boot' });
  t.equal(commands.at(-1), CLEANUP);
});

t.test('a host that does not say what it follows is no host to upgrade', async (t) => {
  await t.rejects(upgrade('', '', `* reference-node ${'a'.repeat(64)}.0\n`), {
    code: 'host/command',
    message: /names no origin/,
  });
});
