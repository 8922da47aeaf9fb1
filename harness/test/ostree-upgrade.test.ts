import t from 'tap';
import type { BuiltImage } from '../domain/image.ts';
import ostree from '../layouts/ostree.ts';
import type { LayoutContext } from '../ports/layout.ts';
import type { CommandResult, Shell } from '../ports/shell.ts';

const image = {} as BuiltImage;

/** A host whose commands end so, by their beginning; all others are well. */
function host(ends: Readonly<Record<string, Partial<CommandResult>>> = {}): {
  readonly context: LayoutContext;
  readonly commands: readonly string[];
} {
  const commands: string[] = [];
  const shell = {
    run: (command: string) => {
      commands.push(command);
      const end = Object.entries(ends).find(([beginning]) => command.startsWith(beginning))?.[1];
      return Promise.resolve({ status: 0, stdout: '', stderr: '', truncated: false, ...end });
    },
  } as Partial<Shell> as Shell;
  const context = {
    ...{ shell, deadlineMs: 1, signal: new AbortController().signal },
    ...{ progress: () => undefined, guestScript: () => '' },
  };
  return { context, commands };
}

t.test(
  "the host's remote leads to whoever serves the update, by the name that it has",
  async (t) => {
    const [said, status] = ["[6] Couldn't resolve host name", 1];
    const { context, commands } = host({
      'ostree admin upgrade --pull-only': { stderr: said, status },
    });
    const end = await ostree.upgrade(context, image, 'updates.invalid:8080');
    t.same(end, { outcome: 'refused', reason: said });
    const config = `ostree config set --group='remote "reference-node"'`;
    t.equal(commands[0], `${config} url http://updates.invalid:8080/repo`);
  },
);

t.test('somebody else who starts the same update types the one command, and no more', async (t) => {
  const stdout = 'No update available.\n';
  const { context, commands } = host({
    ostree: { stdout, stderr: 'Waiting for sysroot lock...\n' },
  });
  t.same(await ostree.upgradeByHand(context), { status: 0, said: 'No update available.' });
  t.same(commands, ['ostree admin upgrade --stage']);
  const failing = host({ ostree: { status: 1, stderr: 'error: no\n' } });
  t.same(await ostree.upgradeByHand(failing.context), { status: 1, said: 'error: no' });
});
