import t from 'tap';
import type { BuiltImage } from '../domain/image.ts';
import thin from '../layouts/thin.ts';
import type { EngineOutcome } from '../ports/layout.ts';
import type { CommandResult, Shell } from '../ports/shell.ts';

const update = {
  path: '/x/reference-node-image-update-1.1-1.noarch.rpm',
  sha256: '',
  sizeBytes: 1,
};
const image = { update } as BuiltImage;

const ended = (status: number, stdout = '', stderr = ''): CommandResult => ({
  ...{ status, stdout, stderr, truncated: false },
});

/** An upgrade on a host whose dnf ends so, and whose update leaves this report. */
async function upgrade(host: {
  dnf: CommandResult;
  report: string | null;
  installed?: boolean;
}): Promise<{ outcome: EngineOutcome; dnf: string }> {
  const commands: string[] = [];
  const shell = {
    run: (command: string) => {
      commands.push(command);
      if (command.startsWith('rpm --query')) {
        return Promise.resolve(ended(host.installed === true ? 0 : 1));
      }
      if (command.startsWith('dnf ')) return Promise.resolve(host.dnf);
      if (!command.startsWith('cat ')) return Promise.resolve(ended(0));
      return Promise.resolve(host.report === null ? ended(1) : ended(0, host.report));
    },
  } as Partial<Shell> as Shell;
  const outcome = await thin.upgrade(
    {
      ...{ shell, deadlineMs: 1, signal: new AbortController().signal },
      ...{ progress: () => undefined, guestScript: () => '' },
    },
    image,
    8080,
  );
  return { outcome, dnf: commands.findLast((command) => command.startsWith('dnf ')) ?? '' };
}

t.test('how an update ended is what its scripts report, whatever dnf says of it', async (t) => {
  const complete = ended(0, 'Installed:\n  reference-node-image-update\nComplete!\n');
  const outcomes: readonly (readonly [string, EngineOutcome])[] = [
    ['imgbase: extracting\nexit 0\n', { outcome: 'done', reason: null }],
    [
      'imgbase: refused: it is truncated\nexit 3\n',
      { outcome: 'refused', reason: 'imgbase: refused: it is truncated' },
    ],
    ['imgbase: undone\nexit 1\n', { outcome: 'failed', reason: 'imgbase: undone' }],
    ['', { outcome: 'failed', reason: 'Complete!' }],
  ];
  for (const [report, must] of outcomes) {
    t.same((await upgrade({ dnf: complete, report })).outcome, must, JSON.stringify(report));
  }
  t.same((await upgrade({ dnf: complete, report: null })).outcome.outcome, 'failed', 'no report');
});

t.test('dnf that gives up before any script has refused', async (t) => {
  const dnf = ended(1, 'Downloading\n', 'Error: Error downloading packages:\n  Cannot download\n');
  const { outcome } = await upgrade({ dnf, report: null });
  t.same(outcome, { outcome: 'refused', reason: 'Error: Error downloading packages:' });
});

t.test(
  'what is older than what failed is installed by its name; else dnf has refused',
  async (t) => {
    const nothing = ended(0, 'Nothing to do.\nComplete!\n');
    const { outcome, dnf } = await upgrade({ dnf: nothing, report: null });
    t.match(dnf, / install reference-node-image-update-1.1-1$/);
    t.same(outcome, { outcome: 'refused', reason: 'Nothing to do.' });
  },
);

t.test(
  'an update that the running layer has as installed is repeated by reinstalling',
  async (t) => {
    const host = { dnf: ended(0), report: 'exit 0\n' };
    const name = 'reference-node-image-update-1.1-1';
    t.ok((await upgrade(host)).dnf.endsWith(` upgrade ${name}`));
    const again = (await upgrade({ ...host, installed: true })).dnf;
    t.ok(again.endsWith(` reinstall ${name}`));
    t.match(again, '--setopt=reference-node.baseurl=http://127.0.0.1:8080/rpms');
  },
);
