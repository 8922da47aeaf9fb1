/** Wires `hostproof install`: checks what was given, makes the run directory, and runs the installation. */
import { access, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { sha256File } from '../adapters/sha256.ts';
import { writeOemdrv } from '../../images/kickstart.ts';
import { QemuHypervisor } from '../../qemu/hypervisor.ts';
import { cacheDir } from '../adapters/cache-dir.ts';
import { systemClock as clock } from '../adapters/clock.ts';
import { createRunDirectory } from '../adapters/run-directory.ts';
import { measuredSlowness } from '../adapters/speed.ts';
import { answeringSocket } from '../adapters/ssh-probe.ts';
import { HostproofError, messageOf } from '../domain/errors.ts';
import { EVENT_VERSION, type EventBody, type JobInfo } from '../domain/event.ts';
import type { Firmware } from '../domain/image.ts';
import type { Verdict } from '../domain/verdict.ts';
import { quote } from '../ports/shell.ts';
import { runInstallation } from '../run/installation.ts';
import { Scope } from '../run/scope.ts';
import { attachConsole } from './console-attach.ts';
import { say } from './output.ts';
import { startReporting } from './reporting.ts';

export interface InstallMediumOptions {
  readonly iso: string;
  readonly sha256: string | undefined;
  readonly kickstart: string | undefined;
  readonly diskBytes: readonly number[];
  readonly firmware: Firmware;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly stallMinutes: number;
  readonly keep: boolean;
  readonly vnc: boolean;
  readonly console: boolean;
  readonly out: string;
  readonly reporters: readonly string[];
  readonly version: string;
  readonly signal: AbortSignal;
}

/** On the machine the limits were made for; a standstill ends an installation long before. */
const LIMIT_MINUTES = { install: 180, boot: 30 };
const KICKSTART_BYTES_MAX = 512 * 1024;

export async function installMedium(options: InstallMediumOptions): Promise<Verdict> {
  const kickstart = await checked(options);
  const hypervisor = new QemuHypervisor({ cacheDirectory: await cacheDir() });
  const platform = await hypervisor.platform();
  const slowness = measuredSlowness();
  return Scope.run(async (scope) => {
    const vncSocket = options.vnc ? await vncSocketIn(scope) : null;
    using directory = createRunDirectory(options.out, clock.wallTime());
    const startedMs = clock.nowMs();
    const sinceMs = (): number => Math.round(clock.nowMs() - startedMs);
    const shown = relative(process.cwd(), directory.path);
    using reporting = await startReporting(options.reporters, {
      dir: shown,
      sinceMs,
      signal: options.signal,
    });
    let seq = 0;
    const emit = (body: EventBody): void => {
      const event = { v: EVENT_VERSION, seq: seq++, atMs: sinceMs(), body } as const;
      directory.append(event);
      reporting.onEvent(event);
    };

    const job = jobOf(options);
    const shownDir = directory.jobDirectory(job.id);
    const dir = join(directory.path, shownDir);
    const kickstartVolume = kickstart === null ? null : join(dir, 'oemdrv.img');
    if (kickstartVolume !== null && kickstart !== null) {
      await writeFile(join(dir, 'ks.cfg'), kickstart);
      await writeOemdrv(kickstartVolume, kickstart);
    }
    emit({
      type: 'run.started',
      id: directory.id,
      startedAt: clock.wallTime().toISOString(),
      version: options.version,
      seed: 0,
      command: process.argv.slice(2),
      platform: { ...platform },
      jobs: [job],
    });
    const verdict = await runInstallation({
      job: job.id,
      dir,
      shownDir,
      medium: resolve(options.iso),
      kickstartVolume,
      disks: options.diskBytes.map((sizeBytes, index) => {
        return { file: join(dir, `disk${index.toString()}.qcow2`), sizeBytes };
      }),
      machine: {
        memoryMiB: Math.round(options.memoryBytes / 2 ** 20),
        cpus: options.cpus,
        firmware: options.firmware,
      },
      vncSocket,
      isAttended: options.vnc || options.console,
      stallMs: options.stallMinutes * 60_000 * slowness,
      limitMs: {
        install: LIMIT_MINUTES.install * 60_000 * slowness,
        boot: LIMIT_MINUTES.boot * 60_000 * slowness,
      },
      hypervisor,
      clock,
      emit,
      signal: reporting.signal,
      sshAnswers: async (ports, signal) => {
        (await answeringSocket({ ...ports, clock, signal })).destroy();
      },
      onMachine: (machine, machineDir) => {
        if (vncSocket !== null) say(`screen: vncviewer ${vncSocket}`);
        if (options.console) void attachConsole(machine, machineDir);
      },
      onFailure: async (machine, machineDir) => {
        // The machine may be gone already: then the console log has to do.
        await machine.screenshot(join(machineDir, 'screen.png')).catch(() => undefined);
      },
      evidence: () => evidenceIn(dir, shownDir),
      reproduce: ['npx hostproof', ...process.argv.slice(2).map(word)].join(' '),
    });
    emit({ type: 'run.ended', verdict, durationMs: sinceMs() });
    reporting.finish();
    if (verdict === 'passed' && !options.keep) await removeDisks(dir, options.diskBytes.length);
    else say(`disks and evidence: ${shown}`);
    return verdict;
  });
}

/** @returns the kickstart; null if there is none */
async function checked(options: InstallMediumOptions): Promise<string | null> {
  const medium = await stat(options.iso).catch(() => null);
  if (medium?.isFile() !== true) {
    throw new HostproofError('usage/option', `--iso: there is no file ${options.iso}`);
  }
  const found = await isMedium(options.iso).catch((cause: unknown) => {
    throw new HostproofError(
      'usage/option',
      `--iso: cannot read ${options.iso}: ${messageOf(cause)}`,
      { cause },
    );
  });
  if (!found) {
    throw new HostproofError('usage/option', `--iso: ${options.iso} is no medium to start from`, {
      hint: 'it has neither an ISO 9660 file system nor a table of partitions',
    });
  }
  const kickstart = options.kickstart === undefined ? null : await readKickstart(options.kickstart);
  if (options.sha256 !== undefined) {
    say(`verifying ${basename(options.iso)}`);
    const digest = await sha256File(options.iso);
    if (digest !== options.sha256.toLowerCase()) {
      throw new HostproofError('usage/option', `--sha256: the medium has the digest ${digest}`, {
        hint: 'fetch the medium again, or correct the digest',
      });
    }
  }
  return kickstart;
}

/** Where the marks of an ISO 9660 file system, an MBR and a GPT are. */
const MARKS = [
  { at: 32_769, mark: Buffer.from('CD001') },
  { at: 510, mark: Buffer.from([0x55, 0xaa]) },
  { at: 512, mark: Buffer.from('EFI PART') },
];

async function isMedium(path: string): Promise<boolean> {
  await using file = await open(path);
  const found = await Promise.all(
    MARKS.map(async ({ at, mark }) => {
      const { buffer } = await file.read(Buffer.alloc(mark.length), 0, mark.length, at);
      return buffer.equals(mark);
    }),
  );
  return found.includes(true);
}

async function readKickstart(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) throw new HostproofError('usage/kickstart', `--ks: cannot read ${file}`);
  if (text.trim() === '' || text.includes('\0') || text.length > KICKSTART_BYTES_MAX) {
    throw new HostproofError('usage/kickstart', `--ks: ${file} is not a kickstart`);
  }
  return text;
}

function jobOf({ iso, firmware, memoryBytes }: InstallMediumOptions): JobInfo {
  const name = basename(iso)
    .replace(/\.iso$/i, '')
    .replaceAll(/[^\w.-]/g, '_');
  return {
    id: `install-${name}`,
    scenario: 'install',
    title: `${basename(iso)} installs and its result starts`,
    layout: 'foreign',
    firmware,
    storage: 'foreign',
    machine: 'qemu',
    seed: 0,
    memoryMiB: Math.round(memoryBytes / 2 ** 20),
  };
}

/** Unix sockets want short paths, and a run directory can be deep. */
async function vncSocketIn(scope: Scope): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-vnc-'));
  scope.defer(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'vnc');
}

async function evidenceIn(dir: string, shownDir: string): Promise<string[]> {
  const names = ['console.log', 'screen.png', 'qmp.jsonl', 'qemu-command.txt'];
  const candidates = [
    'ks.cfg',
    ...['install', 'boot'].flatMap((machine) => names.map((name) => join(machine, name))),
  ];
  const there = await Promise.all(
    candidates.map((name) =>
      access(join(dir, name)).then(
        () => [join(shownDir, name)],
        () => [],
      ),
    ),
  );
  return there.flat();
}

async function removeDisks(dir: string, count: number): Promise<void> {
  const disks = Array.from({ length: count }, (_, index) => `disk${index.toString()}.qcow2`);
  for (const name of [...disks, 'vars.fd', 'oemdrv.img'])
    await rm(join(dir, name), { force: true });
}

function word(text: string): string {
  return /^[\w./:=@+-]+$/.test(text) ? text : quote(text);
}
