/** Places of a host that can be filled, before a step or in the middle of it. */
import { z } from 'zod';

/**
 * What can be filled: the place of the layers, unless a story says where; the file system of a directory; or what a thin pool keeps
 * its mappings in. The rest is for `hostproof list faults`.
 */
export const FILLABLE = [
  {
    where: null,
    title:
      'The place where layers are kept: the thin pool; on ostree hosts the file system of /var.',
    detail: 'An update that has no room there must be refused. A thin pool stays filled.',
    example: 'host.fill({ leaveMiB: 300 })',
  },
  {
    where: 'pool-metadata',
    title: 'What a thin pool keeps its mappings in; on thin hosts only, and of 32 MiB.',
    detail: 'An update must be refused, and the host must start. It stays filled.',
    example: "host.fill({ leaveMiB: 4, where: 'pool-metadata' })",
  },
  {
    where: '/boot',
    title: 'The file system of kernels and boot entries.',
    detail:
      "Without room an update is refused, a staged one may be lost, until host.remove('/boot/filler').",
    example: "host.fill({ leaveMiB: 20, where: '/boot' })",
  },
  {
    where: '/boot/efi',
    title: 'The EFI system partition, where an update writes nothing.',
    detail: "An update and a rollback must be done. Until host.remove('/boot/efi/filler').",
    example: "host.fill({ leaveMiB: 1, where: '/boot/efi' })",
  },
  {
    where: '/',
    title: 'The file system of the running layer; on thin hosts only.',
    detail:
      "An update, which comes as a file of its package, must be refused, until host.remove('/filler').",
    example: "host.fill({ leaveMiB: 24, where: '/' })",
  },
  {
    where: '/var',
    title: 'The file system that all layers share, and that updates are fetched to.',
    detail:
      "An update must change nothing, and a rollback must be done, until host.remove('/var/filler').",
    example: "host.fill({ leaveMiB: 24, where: '/var' })",
  },
] as const;

export const filledSchema = z.enum(FILLABLE.flatMap(({ where }) => where ?? []));
export type Filled = z.infer<typeof filledSchema>;

/** What was taken of a place, nothing if there was no more than that already, and what is left of it: MiB. */
export interface Filling {
  readonly takenMiB: number;
  readonly leftMiB: number;
}

/** The file that has the space of a directory that was filled. */
export function fillerIn(directory: Filled): string {
  return `${directory === '/' ? '' : directory}/filler`;
}
