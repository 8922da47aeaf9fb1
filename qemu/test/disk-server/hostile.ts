/** A disk server with hostile clients, and one that must be served whatever they do. */
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { Client } from './client.ts';
import { MIB, served, type Served } from './served.ts';

t.setTimeout(120_000);

const DISKS = [
  { name: 'disk0', sizeBytes: MIB },
  { name: 'disk1', sizeBytes: MIB },
];
/** Whatever has happened, another client is served, and finds what was there. */
export async function isWell(t: Test, disk: Served): Promise<void> {
  using client = await Client.open(disk.socket, 'disk1');
  t.ok(
    (await client.read(0, MIB)).equals(Buffer.alloc(MIB, 'sound')),
    'the other disk is as it was',
  );
}

/** What the server has held in memory at most. */
export async function mostMebibytes({ server: { pid = 0 } }: Served): Promise<number> {
  const status = await readFile(`/proc/${pid.toString()}/status`, 'utf8');
  return Math.ceil(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

export async function isWithin(
  t: Test,
  disk: Served,
  mebibytes: number,
  what: string,
): Promise<void> {
  const most = await mostMebibytes(disk);
  t.ok(most < mebibytes, `${most.toString()} MiB of ${what}`);
}

export async function withDisks(body: (disk: Served) => Promise<void>, t: Test): Promise<void> {
  await using disk = await served(DISKS);
  using client = await Client.open(disk.socket, 'disk1');
  await client.write(0, Buffer.alloc(MIB, 'sound'));
  await body(disk);
  await isWell(t, disk);
}
