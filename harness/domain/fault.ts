/** Something that goes wrong: armed before a step, or done to a host that is off, and proven to have struck. */
import { z } from 'zod';
import { filledSchema } from './fillable.ts';
import { diskRuleSchema, type StruckRequest } from './disk-rule.ts';
import { momentSchema, servedMomentSchema } from './moment.ts';

const count = z.number().int().positive();
const seed = z.number().int().nonnegative();
/** Of the fault's file in `harness/faults/`. */
const fault = z.string().regex(/^[a-z]+(-[a-z]+)*$/);

export const powerFaultSchema = z.strictObject({
  fault,
  strikes: z.literal('power'),
  /**
   * `reset`: memory is lost, and the disk keeps what it was given. `reboot`: somebody tells the host to restart, and it goes down
   * by itself.
   */
  does: z.enum(['cut', 'reset', 'reboot']),
  when: momentSchema,
  /** Chooses what becomes of what was not flushed, on disks that can lose it; that of the run unless said. */
  seed: seed.optional(),
});
export type PowerFault = z.infer<typeof powerFaultSchema>;

/** The disk is as it should be again when the step has ended. */
export const diskFaultSchema = z.strictObject({
  fault,
  strikes: z.literal('disk'),
  when: momentSchema,
  rule: diskRuleSchema,
  /** One that has vanished is back after so many seconds; at the end of the step, unless said. */
  backAfterS: z.number().positive().optional(),
});
export type DiskFault = z.infer<typeof diskFaultSchema>;

export const lineFaultSchema = z.strictObject({
  fault,
  strikes: z.literal('line'),
  /**
   * `drop`: every connection ends, and none comes about any more. `not-found`: from then on there is nothing there (404).
   * `slow`: from then on no more than this comes through. `unresolved`: the host has a name for it that nobody knows.
   */
  does: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('drop') }),
    z.strictObject({ kind: z.literal('not-found') }),
    z.strictObject({ kind: z.literal('slow'), bytesPerSecond: count }),
    z.strictObject({ kind: z.literal('unresolved') }),
  ]),
  when: servedMomentSchema,
});
export type LineFault = z.infer<typeof lineFaultSchema>;

/**
 * What somebody else on the host does at this moment of an update. `again`: starts the same one. `remove-running`: removes the layer
 * that runs.
 */
export const engineFaultSchema = z.strictObject({
  fault,
  strikes: z.literal('engine'),
  does: z.enum(['again', 'remove-running']),
  when: momentSchema,
});
export type EngineFault = z.infer<typeof engineFaultSchema>;

/** Room is taken on the host at this moment of an update, until so much is left: of the place of the layers, unless said. */
export const spaceFaultSchema = z.strictObject({
  fault,
  strikes: z.literal('space'),
  leaveMiB: count,
  where: filledSchema.optional(),
  when: momentSchema,
});
export type SpaceFault = z.infer<typeof spaceFaultSchema>;

/**
 * `forget`: the firmware's variables are as they left the factory. `reorder`: its boot order has the host's own entry behind all
 * others that may boot something.
 */
export const firmwareFaultSchema = z.strictObject({
  fault,
  strikes: z.literal('firmware'),
  does: z.enum(['forget', 'reorder']),
});
export type FirmwareFault = z.infer<typeof firmwareFaultSchema>;

/** Of all that befalls a clock together: more, and firmware takes the year for an invalid one. */
export const BACK_YEARS_MAX = 25;

/** The hardware clock says what it would have said so many years earlier, from the next start on. */
export const clockFaultSchema = z.strictObject({
  fault,
  strikes: z.literal('clock'),
  backYears: count.max(BACK_YEARS_MAX),
});
export type ClockFault = z.infer<typeof clockFaultSchema>;

/** What is on the EFI system partition is gone, or is given back. */
export const espFaultSchema = z.strictObject({
  fault,
  strikes: z.literal('esp'),
  does: z.enum(['empty', 'restore']),
});
export type EspFault = z.infer<typeof espFaultSchema>;

/** `move`: the host's disk is its second one from then on, and the first is new and empty. */
export const bayFaultSchema = z.strictObject({
  fault,
  strikes: z.literal('bay'),
  does: z.enum(['move']),
});
export type BayFault = z.infer<typeof bayFaultSchema>;

/** What can befall a host that is off. */
export const offFaultSchema = z.discriminatedUnion('strikes', [
  firmwareFaultSchema,
  clockFaultSchema,
  espFaultSchema,
  bayFaultSchema,
]);
export type OffFault = z.infer<typeof offFaultSchema>;

export const upgradeFaultSchema = z
  .discriminatedUnion('strikes', [
    powerFaultSchema,
    diskFaultSchema,
    lineFaultSchema,
    engineFaultSchema,
    spaceFaultSchema,
  ])
  .refine(({ when }) => when.at !== 'phase', 'its moment is one of a start');
export type UpgradeFault = z.infer<typeof upgradeFaultSchema>;

export const bootFaultSchema = z
  .discriminatedUnion('strikes', [powerFaultSchema, diskFaultSchema])
  .refine(({ when }) => !['fraction', 'mark'].includes(when.at), 'its moment is one of an upgrade')
  .refine(
    (fault) => fault.strikes !== 'power' || fault.does !== 'reboot',
    'nobody can tell a host to restart that is not up',
  );
export type BootFault = z.infer<typeof bootFaultSchema>;

/** A machine that is switched on waits so long for its disk, and a little longer. */
const AWAITED_S_MAX = 10;

export const BACK_IN_TIME = `it must be back within ${AWAITED_S_MAX.toString()} s: no machine is switched on without its disk`;

/** Whether a machine that is switched on while the fault lasts has a disk. */
export function isBackInTime(fault: BootFault): boolean {
  if (fault.strikes !== 'disk' || fault.rule.effect.kind !== 'vanish') return true;
  return (fault.backAfterS ?? Infinity) <= AWAITED_S_MAX;
}

/** In a restart one machine goes and another comes: no moment can be waited for on both. */
export const rebootFaultSchema = diskFaultSchema
  .refine(({ when }) => when.at === 'start', 'its moment must be the start')
  .refine(isBackInTime, BACK_IN_TIME);

/** A host that goes down says nothing that an engine says, and has no phases. */
export const powerOffFaultSchema = powerFaultSchema
  .refine(({ does }) => does !== 'reboot', 'it goes down already')
  .refine(
    ({ when }) => !['fraction', 'mark', 'phase'].includes(when.at),
    'its moment is one of an upgrade, or of a start',
  );

export type FaultPlan = UpgradeFault | BootFault | OffFault;

/** What a power cut has made of changes that were not flushed. */
export interface Unflushed {
  readonly kept: number;
  readonly lost: number;
  /** A part of them is there: of writes some physical sectors, of zeroes and discards some pieces. */
  readonly torn: number;
}

/** How a command on the guest ended that nobody judges. */
export interface CommandEnd {
  /** Null if a signal ended it. */
  readonly status: number | null;
  /** Its last words: a guest's, bounded. */
  readonly said: string;
}

/** Numbers of boot entries, as firmware writes them: four hexadecimal digits. */
export interface BootOrderChange {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** Evidence that a fault struck: where, and when. */
export type FaultStamp = { readonly fault: string } & (
  | {
      /** Bytes the guest had written in this step when it struck. */
      readonly bytesWritten: number;
      readonly bytesPlanned: number;
      /** What was waited for, if it was a line. */
      readonly line?: string;
      /** Absent: the disk keeps all that was written. */
      readonly unflushed?: Unflushed;
      /** Of a second command that began then: how it ended. */
      readonly second?: CommandEnd;
      /** Of a place that was filled then. */
      readonly takenMiB?: number;
      readonly leftMiB?: number;
      /** It was filled when the step had ended already. */
      readonly isLate?: true;
    }
  | {
      /** The first of them. */
      readonly request: StruckRequest;
      readonly requests: number;
    }
  | {
      /** Bytes of files that had been sent in this step when it struck. */
      readonly bytesServed: number;
    }
  | {
      /** That was asked for. */
      readonly name: string;
      /** By the guest's own tool: a guest's words, bounded. */
      readonly said: string;
    }
  | {
      /** Of the variables that are gone. */
      readonly sha256: string;
    }
  | { readonly bootOrder: BootOrderChange }
  | {
      /** The part of the disk whose content was taken, or given back. */
      readonly esp: { readonly offset: number; readonly sizeBytes: number };
    }
  | {
      /** What the hardware clock would have said when it struck, and what it said instead. */
      readonly clock: { readonly from: string; readonly to: string };
    }
  | {
      /** Of the partition table of the disk that was moved: 32 hexadecimal digits. */
      readonly diskGuid: string;
    }
);

/** What a file of `harness/faults/` says of its fault, for `hostproof list faults`. */
export interface FaultKind {
  readonly name: string;
  /** What happens. */
  readonly title: string;
  /** How the host sees it, or what it needs. */
  readonly detail: string;
  /** As a story has it. */
  readonly example: string;
}
