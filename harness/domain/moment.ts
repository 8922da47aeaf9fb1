/** A moment inside a step, by what has happened and never by time: what faults wait for. */
import { z } from 'zod';
import { HostproofError } from './errors.ts';

const count = z.number().int().positive();

/** What a start goes through, in this order. */
export const BOOT_PHASES = ['loader', 'kernel', 'initramfs', 'services'] as const;
export type BootPhase = (typeof BOOT_PHASES)[number];

export const momentSchema = z.discriminatedUnion('at', [
  z.strictObject({ at: z.literal('start') }),
  /** When this share (0..1) of the bytes that an upgrade is known to write has been written. */
  z.strictObject({
    at: z.literal('fraction'),
    of: z.literal('upgrade'),
    fraction: z.number().gt(0).lt(1),
  }),
  /** When this many bytes have been written since the step began. */
  z.strictObject({ at: z.literal('bytes'), bytes: count }),
  /** When the guest has asked its disks this often since the step began. */
  z.strictObject({
    at: z.literal('requests'),
    command: z.enum(['read', 'write', 'flush']),
    count,
  }),
  /** When a line of the console matches. `pattern`: the source of a regular expression. */
  z.strictObject({
    at: z.literal('console'),
    pattern: z.string().min(1).max(200).refine(isExpression, 'not a regular expression'),
  }),
  /** When a start has come to this phase. */
  z.strictObject({ at: z.literal('phase'), of: z.literal('boot'), phase: z.enum(BOOT_PHASES) }),
  /** When the engine says that it has come to this point; the layout knows how it says so. */
  z.strictObject({ at: z.literal('mark'), mark: z.string().min(1).max(100) }),
]);
export type Moment = z.infer<typeof momentSchema>;

function isExpression(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}

/** When this many bytes of what is served to the host have been sent since the step began. */
export const servedMomentSchema = z.strictObject({
  at: z.literal('served'),
  bytes: z.number().int().nonnegative(),
});
export type ServedMoment = z.infer<typeof servedMomentSchema>;

/** When this share (0..1) of the bytes that the step is known to write has been written. */
export function at(of: 'upgrade', fraction: number): Moment {
  return { at: 'fraction', of, fraction };
}

export function afterBytes(bytes: number): Moment {
  return { at: 'bytes', bytes };
}

/** When the guest has asked its disks for this, so many times. */
export function after(command: 'read' | 'write' | 'flush', count: number): Moment {
  return { at: 'requests', command, count };
}

/** When a line of the console matches. @throws HostproofError `story/misuse` for an expression with flags */
export function onConsole(pattern: RegExp): Moment {
  if (pattern.flags === '') return { at: 'console', pattern: pattern.source };
  throw new HostproofError('story/misuse', `onConsole(${String(pattern)}): flags are not kept`);
}

/** When the engine says that it has come to this point. */
export function atMark(mark: string): Moment {
  return { at: 'mark', mark };
}

export function during(of: 'boot', phase: BootPhase): Moment {
  return { at: 'phase', of, phase };
}

/** Somewhere in the step, by the story's own randomness: another seed, another moment. */
export function sometime(of: 'upgrade', random: { readonly next: () => number }): Moment {
  return at(of, 0.01 + 0.98 * random.next());
}

export function afterServed(bytes: number): ServedMoment {
  return { at: 'served', bytes };
}
