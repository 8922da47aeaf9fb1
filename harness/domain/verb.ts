/**
 * The verbs of a host: their arguments and results as plain JSON.
 *
 * Acts change the host; observations do not. Both the machine and the simulated host implement them all.
 */
import { z } from 'zod';
import {
  BACK_IN_TIME,
  bootFaultSchema,
  isBackInTime,
  powerOffFaultSchema,
  offFaultSchema,
  rebootFaultSchema,
  upgradeFaultSchema,
  type FaultStamp,
  type Unflushed,
} from './fault.ts';
import { filledSchema, type Filling } from './fillable.ts';
import { PACKAGE_NAMES, type TreeContent } from './image.ts';
import type { HostView } from './view.ts';

const image = z.object({ image: z.string().min(1) }).strict();
const path = z
  .string()
  .regex(/^\/[^\0]*$/, 'an absolute path')
  .max(1024);

/** Of accounts and of groups. */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'a name of small letters, digits and dashes');
const volumeGroup = z.string().regex(/^[a-z][a-z0-9]{0,30}$/, 'a name of small letters and digits');
const kernelArgument = z
  .string()
  .regex(/^[A-Za-z][\w.-]*(=[\w.,:/-]+)?$/, 'one kernel argument')
  .max(256);

const seed = z.number().int().nonnegative();

/** How an upgrade or a rollback may end. `cut`: a fault took the power away, or had the host go down. */
export const outcomes = ['done', 'refused', 'failed', 'cut'] as const;
export type Outcome = (typeof outcomes)[number];

/**
 * How a boot may end: the host is up; it has tried the new layer in vain, has gone back to the older one by itself and is up; or
 * its kernel gave up; or its firmware found nothing that would start it.
 */
export const bootEnds = ['up', 'fallback', 'panic', 'no-loader'] as const;
export type BootEnd = (typeof bootEnds)[number];

export const VERBS = {
  install: {
    kind: 'act',
    needs: 'none',
    limitS: 600,
    args: z
      .object({ image, append: z.string().optional(), volumeGroup: volumeGroup.optional() })
      .strict(),
  },
  boot: {
    kind: 'act',
    needs: 'off',
    limitS: 300,
    args: z
      .object({ ends: z.enum(bootEnds).optional(), fault: bootFaultSchema.optional() })
      .strict()
      // what falls back is switched on more than once
      .refine(
        ({ ends, fault }) => ends !== 'fallback' || !fault || isBackInTime(fault),
        BACK_IN_TIME,
      ),
  },
  reboot: {
    kind: 'act',
    needs: 'running',
    limitS: 360,
    args: z
      .object({ ends: z.enum(bootEnds).optional(), fault: rebootFaultSchema.optional() })
      .strict(),
  },
  /** Starts the host again, whatever state it is in, and chooses the entry of this version in the boot menu. */
  select: {
    kind: 'act',
    needs: 'installed',
    limitS: 420,
    args: z.object({ version: z.string() }).strict(),
  },
  powerOff: {
    kind: 'act',
    needs: 'running',
    limitS: 120,
    args: z.object({ fault: powerOffFaultSchema.optional() }).strict(),
  },
  powerCut: {
    kind: 'act',
    needs: 'installed',
    limitS: 30,
    args: z.object({ seed: seed.optional() }).strict(),
  },
  upgrade: {
    kind: 'act',
    needs: 'running',
    limitS: 600,
    args: z
      .object({
        image,
        /** Of more than one, each will do. */
        ends: z.union([z.enum(outcomes), z.array(z.enum(outcomes)).min(1)]).optional(),
        fault: upgradeFaultSchema.optional(),
      })
      .strict(),
  },
  /** Something goes wrong with a host that is off. */
  strike: {
    kind: 'act',
    needs: 'off',
    limitS: 30,
    args: z.object({ fault: offFaultSchema }).strict(),
  },
  rollback: {
    kind: 'act',
    needs: 'running',
    limitS: 120,
    args: z
      .object({ to: z.string().optional(), ends: z.enum(['done', 'refused']).optional() })
      .strict(),
  },
  write: {
    kind: 'act',
    needs: 'running',
    limitS: 60,
    args: z.object({ path, content: z.string().max(65536) }).strict(),
  },
  remove: { kind: 'act', needs: 'running', limitS: 60, args: z.object({ path }).strict() },
  /** Makes an account with a group of its own and a home; `groups`: others that it belongs to, which must exist. */
  addUser: {
    kind: 'act',
    needs: 'running',
    limitS: 60,
    args: z.object({ name, groups: z.array(name).max(8).optional() }).strict(),
  },
  /** From the next start of the running layer on; whatever is made from it has it, too. */
  addKernelArgument: {
    kind: 'act',
    needs: 'running',
    limitS: 120,
    args: z.object({ argument: kernelArgument }).strict(),
  },
  /** Installs a package beside what the image has. */
  installPackage: {
    kind: 'act',
    needs: 'running',
    limitS: 180,
    args: z.object({ name: z.enum(PACKAGE_NAMES) }).strict(),
  },
  /**
   * Fills the place where layers are kept until this many MiB are left; `where`: something else instead. Of a file system the file
   * `filler` in that directory has the space, which `remove` gives back.
   */
  fill: {
    kind: 'act',
    needs: 'running',
    limitS: 300,
    args: z
      .object({
        leaveMiB: z.number().int().positive(),
        where: filledSchema.optional(),
      })
      .strict(),
  },
  /** Waits until the host has finished starting all it starts. */
  settle: { kind: 'act', needs: 'running', limitS: 180, args: z.object({}).strict() },
  read: { kind: 'observation', needs: 'running', limitS: 60, args: z.object({ path }).strict() },
  /** Digests of all that the bases hold: takes its time, and comes by itself at the end of a story. */
  digest: { kind: 'audit', needs: 'running', limitS: 300, args: z.object({}).strict() },
  view: { kind: 'observation', needs: 'running', limitS: 120, args: z.object({}).strict() },
} as const satisfies Record<string, VerbSpec>;

interface VerbSpec {
  /** An audit is an observation after which the host is judged, as it is after every act. */
  readonly kind: 'act' | 'audit' | 'observation';
  /** State the host must be in: checked before the verb starts. */
  readonly needs: 'none' | 'off' | 'running' | 'installed';
  /** Seconds on a slow machine (software emulation on two cores); scaled by the measured speed. */
  readonly limitS: number;
  readonly args: z.ZodType;
}

export type Verb = keyof typeof VERBS;
export type Args<V extends Verb> = z.infer<(typeof VERBS)[V]['args']>;

/** A layer on trial is started twice, and then the older one. */
const STARTS_OF_A_FALLBACK = 3;

/** What a step may take, in seconds on a slow machine. */
export function limitOf<V extends Verb>(verb: V, args: Args<V>): number {
  const { ends } = args as { readonly ends?: unknown };
  return VERBS[verb].limitS * (ends === 'fallback' ? STARTS_OF_A_FALLBACK : 1);
}

export interface Results {
  readonly install: {
    /** What the first base must hold; the rest of it is the installer's and the kickstart's. */
    readonly content: Pick<TreeContent, 'usr'>;
  };
  readonly boot: {
    /** `cut`: a fault took the power away. */
    readonly ends: BootEnd | 'cut';
    /** Absent where no fault was armed. */
    readonly stamp?: FaultStamp | null;
  };
  readonly reboot: { readonly ends: BootEnd; readonly stamp?: FaultStamp | null };
  readonly select: { readonly entry: string };
  /** Absent where no fault was armed. */
  readonly powerOff: { readonly stamp?: FaultStamp | null };
  /** `unflushed` is absent where the disk keeps all that was written. */
  readonly powerCut: { readonly unflushed?: Unflushed };
  readonly upgrade: {
    readonly outcome: Outcome;
    /** Last words of the engine when it refused or failed. */
    readonly reason: string | null;
    readonly stamp: FaultStamp | null;
    /** What the new base must hold. */
    readonly content: TreeContent;
  };
  readonly strike: { readonly stamp: FaultStamp | null };
  readonly rollback: { readonly outcome: Outcome; readonly reason: string | null };
  readonly write: Record<string, never>;
  readonly remove: Record<string, never>;
  readonly addUser: Record<string, never>;
  readonly addKernelArgument: Record<string, never>;
  readonly installPackage: Record<string, never>;
  readonly fill: Filling;
  readonly settle: { readonly failedUnits: readonly string[] };
  readonly read: { readonly content: string | null };
  readonly digest: {
    /** What the bases hold, by name; null: not readable. */
    readonly bases: Readonly<Record<string, TreeContent | null>>;
    /** What the layout's own full check of its store has to say; empty where it has none. */
    readonly damage: readonly string[];
  };
  readonly view: HostView;
}
export type Result<V extends Verb> = Results[V];
