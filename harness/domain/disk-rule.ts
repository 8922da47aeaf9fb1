/** What a disk that can lie does instead of what it should: shared by whoever orders it and the server that does it. */
import { z } from 'zod';

const count = z.number().int().positive();
const bytes = z.number().int().nonnegative();

export const diskCommandSchema = z.enum(['read', 'write', 'flush', 'trim', 'zeroes']);
export type DiskCommand = z.infer<typeof diskCommandSchema>;

export const diskEffectSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('error'), error: z.enum(['io', 'no-space']) }),
  z.strictObject({ kind: z.literal('delay'), ms: z.number().positive() }),
  /** A flush is answered and not done. No other command fits. */
  z.strictObject({ kind: z.literal('lie') }),
  /**
   * Only the first sectors, of 512 bytes, of a write get to the disk; it is answered as if all had. Only longer writes fit: of
   * others nothing would be lost.
   */
  z.strictObject({ kind: z.literal('tear'), sectors: bytes }),
  /** One bit of what is written, or read, is the other. `at`: a byte of the request; modulo its length. No other command fits. */
  z.strictObject({ kind: z.literal('flip'), at: bytes }),
  /** Connections end, and nobody gets in any more: of the disk and the path that the rule names, of all if it names none. */
  z.strictObject({ kind: z.literal('vanish') }),
]);
export type DiskEffect = z.infer<typeof diskEffectSchema>;

/** Which requests are struck, and how. Each of the conditions that is given must hold. */
export const diskRuleSchema = z.strictObject({
  command: diskCommandSchema.optional(),
  /** Bytes of the disk that a request must touch, up to and without `end`. */
  range: z.strictObject({ start: bytes, end: bytes }).optional(),
  /** Only writes that take new room. */
  isNew: z.boolean().optional(),
  /** Only when this many bytes have been written to the disks since it was armed. */
  afterBytes: bytes.optional(),
  /** The how many-th of the requests that fit is the first to be struck: the first, unless said. */
  nth: count.optional(),
  /** How many are struck from there on: one, unless said; null: all. */
  times: count.nullable().optional(),
  effect: diskEffectSchema,
});
export type DiskRule = z.infer<typeof diskRuleSchema>;

/** A request that was struck, and where in the log of the disks. */
export interface StruckRequest {
  readonly command: DiskCommand;
  readonly disk: string;
  readonly offset: number;
  readonly length: number;
  /** Records of the log before it. */
  readonly records: number;
}
