/** What going on from a frozen host costs: hostproof, and a bare script that does the same on the same files. */
import { copyFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';
import { systemClock } from '../harness/adapters/clock.ts';
import { controlKey } from '../harness/adapters/keys.ts';
import { connectShell, type SshShell } from '../harness/adapters/ssh.ts';
import { MEMORY_MIB } from '../harness/domain/scenario.ts';
import type { MachineSpec, RunningMachine } from '../harness/ports/machine.ts';
import { QemuHypervisor } from '../qemu/hypervisor.ts';
import { bareArguments, freePort, type Installed } from './prepare.ts';

/** Milliseconds from the wish to the running machine, and to the answer of its first command. */
export interface Going {
  readonly toRunningMs: number;
  readonly toCommandMs: number;
}

export interface Frozen {
  /** From starting the machine to the answer of its first command. */
  readonly bootMs: number;
  /** Of the state, and of the memory that the guest has touched. */
  readonly stateBytes: number;
  readonly memoryBytes: number;
  /** A machine that goes on from there. */
  readonly fork: (directory: string) => Promise<Going>;
  readonly bareFork: (directory: string) => Promise<Going>;
}

const SSH = 22;
const CLOSED = 9;
const DEADLINE_MS = 300_000;
const NONCE_FILE = '/run/hostproof-nonce';

/** Starts a host, leaves a nonce in its memory, and freezes it. */
export async function freezeHost(
  installed: Installed,
  cache: string,
  directory: string,
): Promise<Frozen> {
  const hypervisor = new QemuHypervisor({ cacheDirectory: cache });
  const { privateKey, privateKeyFile } = await controlKey(cache);
  const files = filesIn(directory);
  const memory = join(directory, 'memory');
  const stateFile = join(directory, 'state');
  const nonce = performance.now().toString();

  const begin = async (
    from: Installed,
    own: typeof files,
    access: 'shared' | 'private',
  ): Promise<RunningMachine> => {
    await mkdir(own.directory, { recursive: true });
    await hypervisor.overlayDisk(own.disk, from.disk);
    await copyFile(from.variables, own.variables);
    return hypervisor.start({
      ...specOf(own),
      memory: { file: memory, access },
      ...(access === 'private' && { stateFile }),
    });
  };
  const connect = (machine: RunningMachine): Promise<SshShell> =>
    connectShell({
      ...{ port: machine.forwarded(SSH), closedPort: machine.forwarded(CLOSED) },
      ...{ privateKey, clock: systemClock, deadlineMs: DEADLINE_MS },
    });

  const started = performance.now();
  const machine = await begin(installed, files, 'shared');
  const shell = await connect(machine);
  await shell.run(`echo ${nonce} >${NONCE_FILE}`, { deadlineMs: DEADLINE_MS });
  const bootMs = performance.now() - started;
  await shell[Symbol.asyncDispose]();
  await machine.freeze(stateFile);

  return {
    bootMs,
    stateBytes: (await stat(stateFile)).size,
    memoryBytes: (await stat(memory)).blocks * 512,
    fork: async (own) => {
      const wished = performance.now();
      await using machine = await begin(files, filesIn(own), 'private');
      const toRunningMs = performance.now() - wished;
      await using shell = await connect(machine);
      const { stdout } = await shell.run(`cat ${NONCE_FILE}`, { deadlineMs: DEADLINE_MS });
      const toCommandMs = performance.now() - wished;
      return checked(stdout, nonce, { toRunningMs, toCommandMs });
    },
    bareFork: async (own) => {
      const command = join(files.directory, 'qemu-command.txt');
      const port = await freePort();
      const target = filesIn(own);
      await mkdir(own, { recursive: true });
      const theirs = { ...target, port, serialLog: join(own, 'bare-console.log') };
      // the sandbox would not let QEMU start the `cat` that the script reads the state with
      const qemu = await bareArguments(command, files, theirs, ['-sandbox', '-incoming']);
      const wished = Date.now();
      const { stdout } = await execa('sh', [
        ...['-c', SCRIPT, 'sh', own, files.disk, target.disk, files.variables, target.variables],
        ...[port.toString(), privateKeyFile, stateFile, NONCE_FILE],
        ...qemu.map((word) => word.replace(/(,mem-path=.*),share=on$/, '$1,share=off')),
      ]);
      const [running = '', said = '', answered = ''] = stdout.split('\n');
      return checked(said, nonce, {
        toRunningMs: Number(running) - wished,
        toCommandMs: Number(answered) - wished,
      });
    },
  };
}

/** A careful person's script: an overlay, a copy, QEMU, and ssh. It prints when the machine ran, the nonce, and when it came. */
const SCRIPT = `
set -eu
work=$1
qemu-img create -q -f qcow2 -F qcow2 -b "$2" "$3"
cp "$4" "$5"
port=$6 key=$7 state=$8 nonce=$9
shift 9
mkfifo "$work/in"
"$@" -incoming defer -qmp stdio <"$work/in" >"$work/out" &
qemu=$!
trap 'kill -9 $qemu' EXIT
exec 3>"$work/in"
cat >&3 <<END
{"execute":"qmp_capabilities"}
{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"x-ignore-shared","state":true}]}}
{"execute":"migrate-incoming","arguments":{"uri":"exec:cat '$state'"}}
END
until grep -q '"status": "paused"' "$work/out"; do
    kill -0 $qemu
    echo '{"execute":"query-status"}' >&3
    sleep 0.005
done
echo '{"execute":"cont"}' >&3
until grep -q '"RESUME"' "$work/out"; do kill -0 $qemu; done
date +%s%3N
until ssh -i "$key" -p "$port" -o BatchMode=yes -o ConnectTimeout=5 -o StrictHostKeyChecking=no \\
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@127.0.0.1 cat "$nonce" 2>/dev/null; do
    kill -0 $qemu
done
date +%s%3N
`;

function filesIn(directory: string): Installed & { readonly directory: string } {
  return { directory, disk: join(directory, 'disk0.qcow2'), variables: join(directory, 'vars.fd') };
}

function specOf({ directory, disk, variables }: ReturnType<typeof filesIn>): MachineSpec {
  return {
    ...{ name: 'bench', dir: directory, memoryMiB: MEMORY_MIB, cpus: 1, firmware: 'uefi' },
    variablesFile: variables,
    disks: [{ id: 'disk0', file: disk, format: 'qcow2', kind: 'disk', bootIndex: 0 }],
    forward: [SSH, CLOSED],
  };
}

/** A machine without the nonce has been started, and has not gone on. */
function checked(said: string, nonce: string, going: Going): Going {
  if (said.trim() !== nonce) throw new Error(`the nonce is not in the guest's memory: ${said}`);
  return going;
}
