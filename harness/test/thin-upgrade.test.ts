import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { following } from '../layouts/common/guest.ts';
import type { BuiltImage } from '../domain/image.ts';
import thin from '../layouts/thin.ts';
import type { EngineOutcome, LayoutContext } from '../ports/layout.ts';
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

const DNF = /\bdnf --assumeyes [^;]*/;

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
      if (DNF.test(command)) return Promise.resolve(host.dnf);
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
    '127.0.0.1:8080',
  );
  const dnf = commands.findLast((command) => DNF.test(command)) ?? '';
  return { outcome, dnf: DNF.exec(dnf)?.[0] ?? '' };
}

t.test('how an update ended is what its scripts report, whatever dnf says of it', async (t) => {
  const complete = ended(0, 'Installed:\n  reference-node-image-update\nComplete!\n');
  const outcomes: readonly (readonly [string, EngineOutcome])[] = [
    ['imgbase: extracting\nexit 0\n', { outcome: 'done', reason: null }],
    [
      'imgbase: refused: it is truncated\nexit 3\n',
      { outcome: 'refused', reason: 'imgbase: refused: it is truncated' },
    ],
    [
      'imgbase: refused: no kernel\nimgbase: undone\nexit 3\n',
      { outcome: 'refused', reason: 'imgbase: refused: no kernel' },
    ],
    [
      'imgbase: error: no menu\nimgbase: undone\nexit 1\n',
      { outcome: 'failed', reason: 'imgbase: error: no menu' },
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
  const reason = 'Error: Error downloading packages: Cannot download';
  t.same(outcome, { outcome: 'refused', reason });
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

/** A host whose commands end as `answer` says. */
function typing(answer: (command: string) => CommandResult): {
  readonly context: LayoutContext;
  readonly commands: string[];
} {
  const commands: string[] = [];
  const shell = {
    run: (command: string) => {
      commands.push(command);
      return Promise.resolve(answer(command));
    },
  } as Partial<Shell> as Shell;
  const context = {
    ...{ shell, deadlineMs: 1, signal: new AbortController().signal },
    ...{ progress: () => undefined, guestScript: () => '' },
  };
  return { context, commands };
}

t.test('whoever removes the running layer types its device', async (t) => {
  const inUse = '  Logical volume onn/node-1.0-1+1 in use.\n';
  const { context, commands } = typing((command) =>
    command.startsWith('findmnt') ? ended(0, '/dev/mapper/onn-node\n') : ended(5, '', inUse),
  );
  const end = await thin.removeRunningByHand(context);
  t.same(end, { status: 5, said: inUse.trim() });
  t.equal(commands.at(-1), "lvremove --yes --force '/dev/mapper/onn-node'");
});

t.test('somebody else who starts the same update types dnf, and no more', async (t) => {
  const waited = 'Waiting for process with pid 1 to finish.\nError: it is installed already\n';
  const { context, commands } = typing(() => ended(1, 'Dependencies resolved.\n', waited));
  const end = await thin.upgradeByHand(context, image, '127.0.0.1:8080');
  t.same(end, { status: 1, said: 'Error: it is installed already' });
  const baseurl = '--setopt=reference-node.baseurl=http://127.0.0.1:8080/rpms';
  t.same(commands, [`dnf --assumeyes ${baseurl} upgrade reference-node-image-update-1.1-1`]);
});

t.test(
  'what is written to a file is seen while the command runs, and its status is kept',
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'hostproof-following-'));
    t.teardown(() => rm(directory, { recursive: true, force: true }));
    const [file, seen] = ['report', 'seen'].map((name) => join(directory, name)) as [
      string,
      string,
    ];
    // as rpm's scripts do: the file is made anew, and ends before the command does
    const command = `echo first >${file}; until test -e ${seen}; do sleep 0.05; done; exit 3`;
    const child = execa('/bin/sh', ['-c', following(file, `(${command})`)], { reject: false });
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('first\n')) void writeFile(seen, '');
    });
    t.equal((await child).exitCode, 3);
    t.equal(said, 'first\n');
  },
);

t.test('what is written to a file last is seen, too', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-following-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'report');
  // when it looks for a file that is not there yet decides
  for (const pause of ['0', '0.3', '0.6']) {
    const command = `sleep ${pause}; echo last >${file}`;
    const { stderr } = await execa('/bin/sh', ['-c', following(file, `(${command})`)]);
    t.equal(stderr, 'last', pause);
    await rm(file);
  }
});
