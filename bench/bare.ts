/** What a careful person's script would do: the same QEMU, the same disk, and a loop around ssh. */
import { execa } from 'execa';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Prepared } from './prepare.ts';

const SCRIPT = `
set -eu
qemu-img create -q -f qcow2 -F qcow2 -b "$1" "$2"
shift 2
port=$1 key=$2
shift 2
"$@" </dev/null >/dev/null 2>&1 &
qemu=$!
trap 'kill -9 $qemu' EXIT
until ssh -i "$key" -p "$port" -o BatchMode=yes -o ConnectTimeout=5 -o StrictHostKeyChecking=no \\
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@127.0.0.1 cat /proc/sys/kernel/random/boot_id 2>/dev/null; do
    kill -0 $qemu
done
`;

/** Milliseconds from starting the script to the answer of the first command. */
export async function bareQemu(
  prepared: Prepared,
  directory: string,
  port: number,
): Promise<number> {
  const disk = join(directory, 'bare.qcow2');
  const variables = join(directory, 'bare-vars.fd');
  await copyFile(prepared.installed.variables, variables);
  const serialLog = join(directory, 'bare-console.log');
  const qemu = await prepared.qemu({ disk, variables, port, serialLog });
  const started = performance.now();
  await execa('sh', [
    ...['-c', SCRIPT, 'sh', prepared.installed.disk, disk],
    ...[port.toString(), prepared.keyFile],
    ...qemu,
  ]);
  return performance.now() - started;
}
