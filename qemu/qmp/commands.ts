/** The QMP commands that hostproof uses, with typed answers. */
import { z } from 'zod';

import type { QmpClient } from './client.ts';

const blockStatisticsSchema = z.array(
  z.object({
    qdev: z.string().optional(),
    stats: z.object({
      wr_bytes: z.number(),
      rd_bytes: z.number(),
      flush_operations: z.number(),
      rd_operations: z.number(),
      wr_operations: z.number(),
    }),
  }),
);

export interface DiskStatistics {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly reads: number;
  readonly writes: number;
  readonly flushes: number;
}

/** What the guest has completed on each disk since the machine was started, by the disk's id. */
export async function queryDiskStatistics(
  qmp: QmpClient,
): Promise<ReadonlyMap<string, DiskStatistics>> {
  const answer = blockStatisticsSchema.parse(await qmp.execute('query-blockstats'));
  const byDisk = new Map<string, DiskStatistics>();
  for (const { qdev, stats } of answer) {
    const id = /\/disk-([^/]+)\//.exec(qdev ?? '')?.[1];
    if (id === undefined) continue;
    byDisk.set(id, {
      bytesRead: stats.rd_bytes,
      bytesWritten: stats.wr_bytes,
      reads: stats.rd_operations,
      writes: stats.wr_operations,
      flushes: stats.flush_operations,
    });
  }
  return byDisk;
}

/**
 * Which port of 127.0.0.1 leads to which port of the guest.
 *
 * @throws HostproofError `harness/qmp`
 */
export async function queryForwardedPorts(qmp: QmpClient): Promise<ReadonlyMap<number, number>> {
  const hostPortByGuestPort = new Map<number, number>();
  for (const line of await networkTable(qmp)) {
    const match = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    hostPortByGuestPort.set(Number(match[2]), Number(match[1]));
  }
  return hostPortByGuestPort;
}

/** How many TCP connections lead into the guest; those that both sides have closed, and that only time out, are none. */
export async function queryConnections(qmp: QmpClient): Promise<number> {
  const lines = await networkTable(qmp);
  return lines.filter((line) => /TCP\[(?!HOST_FORWARD|TIME_WAIT|CLOSED)/.test(line)).length;
}

/** QMP has no query for it; the human monitor's `info usernet` has printed this table since 2009. */
async function networkTable(qmp: QmpClient): Promise<string[]> {
  const command = { 'command-line': 'info usernet' };
  return z
    .string()
    .parse(await qmp.execute('human-monitor-command', command))
    .split('\n');
}
