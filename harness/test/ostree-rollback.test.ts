import t from 'tap';
import ostree from '../layouts/ostree.ts';
import type { Shell } from '../ports/shell.ts';

const [OLD, NEW, NEWER] = ['a', 'b', 'c'].map((digit) => `${digit.repeat(64)}.0`);
const VERSIONS = new Map([
  [OLD, '1.9'],
  [NEW, '1.10'],
  [NEWER, '1.11'],
]);

/** What a rollback comes to, and the command that makes a deployment the default, if one is run. */
async function rollback(
  status: readonly string[],
  to: string | null = null,
): Promise<readonly [string, string | undefined]> {
  const commands: string[] = [];
  const shell = {
    run: (command: string) => {
      commands.push(command);
      return Promise.resolve({
        ...{ status: 0, stdout: status.join('\n'), stderr: '', truncated: false },
      });
    },
  } as Partial<Shell> as Shell;
  const { outcome } = await ostree.rollback(
    {
      ...{ shell, deadlineMs: 1, signal: new AbortController().signal },
      ...{ progress: () => undefined, guestScript: () => '' },
    },
    to,
  );
  return [outcome, commands.find((command) => command.includes('set-default'))];
}

const line = (name: string | undefined, mark = ' ', note = ''): string =>
  `${mark} reference-node ${name ?? ''}${note}\n    Version: ${VERSIONS.get(name) ?? '1.10'}`;
const setDefault = (index: string): string =>
  `/usr/libexec/reference-node/ostree-set-default ${index}`;

t.test(
  'a rollback leads to the newest of the deployments that are older than the running one',
  async (t) => {
    const usual = [line(NEW, '*'), line(OLD, ' ', ' (rollback)')];
    t.same(await rollback(usual), ['done', setDefault('1')]);
    const staged = [line(NEWER, ' ', ' (staged)'), line(NEW, '*'), line(OLD, ' ', ' (rollback)')];
    t.same(await rollback(staged), ['done', setDefault('2')]);
    const waiting = [line(OLD, ' ', ' (pending)'), line(NEW, '*')];
    t.same(await rollback(waiting), ['done', setDefault('0')], 'that waits for its start already');
    const again = `${'b'.repeat(64)}.1`;
    const twice = [line(again, '*'), line(NEW), line(OLD)];
    t.same(await rollback(twice), ['done', setDefault('1')], 'of one commit the one before');
  },
);

t.test('on the oldest deployment it is refused, whatever is listed behind it', async (t) => {
  const rolledBack = [line(OLD, '*'), line(NEW, ' ', ' (rollback)')];
  t.same(await rollback(rolledBack), ['refused', undefined]);
  t.same(await rollback(rolledBack, NEW), ['done', setDefault('1')], 'unless it is named');
  t.same(await rollback([line(OLD, '*')]), ['refused', undefined]);
});
