/** Installs once, and reads from a run of hostproof with which arguments QEMU is started. */
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { eventSchema, type Event } from '../harness/domain/event.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface Prepared {
  readonly installed: { readonly disk: string; readonly variables: string };
  readonly keyFile: string;
  readonly qemu: (own: {
    readonly disk: string;
    readonly variables: string;
    readonly port: number;
    readonly serialLog: string;
  }) => string[];
}

/** Milliseconds from starting hostproof to the answer of the first command, and the directory of the job. */
export async function hostproofRun(
  out: string,
): Promise<{ readonly ms: number; readonly job: string }> {
  const startedAt = Date.now();
  const args = ['run', '--scenarios', join(ROOT, 'bench/stories'), '--out', out, '--keep'];
  await execa(process.execPath, [join(ROOT, 'harness/cli/hostproof.mjs'), ...args], {
    stdin: 'ignore',
  });
  const [id = ''] = (await readdir(out)).sort().slice(-1);
  const events = await eventsOf(join(out, id));
  const run = events.flatMap(({ body }) => (body.type === 'run.started' ? [body] : []))[0];
  const answered = events.find(
    ({ body }) => body.type === 'step.progress' && body.text === 'the host answers',
  );
  const job = events.flatMap(({ body }) => (body.type === 'job.started' ? [body.dir] : []))[0];
  if (run === undefined || answered === undefined || job === undefined) {
    throw new Error(`${out}/${id}: the host did not answer`);
  }
  return { ms: Date.parse(run.startedAt) + answered.atMs - startedAt, job: join(out, id, job) };
}

async function eventsOf(run: string): Promise<Event[]> {
  const lines = (await readFile(join(run, 'events.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => eventSchema.parse(JSON.parse(line)));
}

/** The arguments that the job started its last QEMU with, for a machine with files and a port of its own. */
export async function prepare(job: string, cache: string): Promise<Prepared> {
  const commands = (await readFile(join(job, 'qemu-command.txt'), 'utf8')).trim().split('\n');
  const words = shellWords(commands.at(-1) ?? '');
  const disk = join(job, 'disk0.qcow2');
  const { stdout } = await execa('qemu-img', ['info', '--output=json', disk]);
  const backing = (JSON.parse(stdout) as { 'full-backing-filename': string })[
    'full-backing-filename'
  ];
  return {
    installed: { disk: backing, variables: backing.replace(/disk\.qcow2$/, 'vars.fd') },
    keyFile: join(cache, 'control_ed25519'),
    qemu: (own) => bareArguments(words, job, own),
  };
}

function bareArguments(
  words: readonly string[],
  job: string,
  own: {
    readonly disk: string;
    readonly variables: string;
    readonly port: number;
    readonly serialLog: string;
  },
): string[] {
  return words
    .filter(
      (word, index) =>
        word !== '-S' &&
        !['-mon', '-chardev'].includes(words[index - 1] ?? '') &&
        !['-mon', '-chardev'].includes(word),
    )
    .map((word) =>
      word
        .replaceAll(join(job, 'disk0.qcow2'), own.disk)
        .replaceAll(join(job, 'vars.fd'), own.variables)
        .replace(
          /"hostfwd":\[.*?\]/,
          `"hostfwd":[{"str":"tcp:127.0.0.1:${own.port.toString()}-:22"}]`,
        )
        .replace(/^chardev:serial$/, `file:${own.serialLog}`),
    );
}

/** Words of a command line as `qemu-command.txt` has them: plain, or in single quotes. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll(`'\\''`, "'"),
  );
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
