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

t.test('whoever removes the running deployment types its place in the list', async (t) => {
  const [first, second] = ['a', 'b'].map((digit) => `${digit.repeat(64)}.0`);
  const { context, commands } = host({
    'ostree admin status': { stdout: `  os ${first ?? ''} (pending)\n* os ${second ?? ''}\n` },
    'ostree admin undeploy 1': { status: 1, stderr: 'error: it is booted\n' },
  });
  const end = await ostree.removeRunningByHand(context);
  t.same(end, { status: 1, said: 'error: it is booted' });
  t.same(commands, ['ostree admin status', 'ostree admin undeploy 1']);
  const another = host({
    'ostree admin status': { stdout: `* os ${first ?? ''}\n` },
    'ostree admin undeploy 0': { stdout: `Deleted deployment ${second ?? ''}\n` },
  });
  await t.rejects(ostree.removeRunningByHand(another.context), { code: 'story/misuse' });
  const nothing = host({ 'ostree admin status': { stdout: '' } });
  await t.rejects(ostree.removeRunningByHand(nothing.context), { code: 'host/command' });
  t.same(nothing.commands, ['ostree admin status']);
});

const CHECK = '/usr/libexec/reference-node/check-pulled';
const STAGE = 'ostree admin upgrade --deploy-only --stage';
const CLEANUP = 'ostree admin cleanup';
const SERVER = '127.0.0.1:8080';

t.test('what was pulled is checked and staged, and nothing is left to clean up', async (t) => {
  const { context, commands } = host();
  t.same(await ostree.upgrade(context, image, SERVER), { outcome: 'done', reason: null });
  t.same(commands.slice(-2), [CHECK, STAGE]);
});

t.test('what the check refuses is not staged', async (t) => {
  const said = 'refused: the commit has no /usr/etc';
  const { context, commands } = host({ [CHECK]: { status: 3, stderr: `${said}\n` } });
  t.same(await ostree.upgrade(context, image, SERVER), { outcome: 'refused', reason: said });
  t.notOk(commands.includes(STAGE));
});

t.test('a host that cannot prepare or check has an update that failed', async (t) => {
  const reason = 'sh: 1: /usr/bin/ostree: Input/output error';
  const end = { status: 126, stderr: `${reason}\n` };
  for (const command of ['ostree config set', CLEANUP, CHECK]) {
    const { context, commands } = host({ [command]: end });
    t.same(await ostree.upgrade(context, image, SERVER), { outcome: 'failed', reason }, command);
    t.notOk(commands.includes(STAGE), command);
  }
});

t.test('what libostree leaves of one that it could not stage is cleaned up', async (t) => {
  const said = 'error: Failed to find kernel in /boot';
  const { context, commands } = host({ [STAGE]: { status: 1, stderr: `${said}\n` } });
  t.same(await ostree.upgrade(context, image, SERVER), { outcome: 'failed', reason: said });
  t.same(commands.slice(-2), [STAGE, CLEANUP]);
  t.equal(commands.filter((command) => command === CLEANUP).length, 2);
});

t.test('what runs already is no update, and is there only if it starts next, too', async (t) => {
  const there = { stdout: 'No update available.\n' };
  const [first, second] = ['a', 'b'].map((digit) => `${digit.repeat(64)}.0`);
  const booted = { stdout: `* os ${first ?? ''}\n  os ${second ?? ''} (rollback)\n` };
  const { context } = host({ [STAGE]: there, 'ostree admin status': booted });
  t.same(await ostree.upgrade(context, image, SERVER), { outcome: 'done', reason: null });
  const pending = { stdout: `  os ${second ?? ''} (pending)\n* os ${first ?? ''}\n` };
  const other = host({ [STAGE]: there, 'ostree admin status': pending });
  t.match(await ostree.upgrade(other.context, image, SERVER), { outcome: 'refused' });
});
