import t from 'tap';
import type { BuiltImage } from '../domain/image.ts';
import ostree from '../layouts/ostree.ts';
import type { EngineOutcome } from '../ports/layout.ts';
import type { Shell } from '../ports/shell.ts';

const CHECK = 'sh -s';
const STAGE = 'ostree admin upgrade --deploy-only --stage';
const CLEANUP = 'ostree admin cleanup';

/** How an upgrade ends on a host where one command ends so and says this, and the commands that it takes. */
async function upgrade(
  failing: string,
  status = 1,
  stderr = '',
): Promise<{ readonly ended: EngineOutcome; readonly commands: readonly string[] }> {
  const commands: string[] = [];
  const shell = {
    run: (command: string) => {
      commands.push(command);
      const fails = command === failing;
      return Promise.resolve({
        ...{ status: fails ? status : 0, stdout: '', stderr: fails ? stderr : '' },
        truncated: false,
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

t.test('what was pulled is checked and staged, and nothing is left to clean up', async (t) => {
  const { ended, commands } = await upgrade('');
  t.same(ended, { outcome: 'done', reason: null });
  t.same(commands.slice(-2), [CHECK, STAGE]);
});

t.test('what the check refuses is not staged', async (t) => {
  const { ended, commands } = await upgrade(CHECK, 3, 'refused: the commit has no /usr/etc\n');
  t.same(ended, { outcome: 'refused', reason: 'refused: the commit has no /usr/etc' });
  t.notOk(commands.includes(STAGE));
  const broken = upgrade(CHECK, 1, 'the booted deployment follows nothing\n');
  await t.rejects(broken, { code: 'host/command', message: /follows nothing/ });
});

t.test('what libostree leaves of one that it could not stage is cleaned up', async (t) => {
  const said = 'error: Failed to find kernel in /boot';
  const { ended, commands } = await upgrade(STAGE, 1, `${said}\n`);
  t.same(ended, { outcome: 'failed', reason: said });
  t.same(commands.slice(-2), [STAGE, CLEANUP]);
});
