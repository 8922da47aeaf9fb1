/** Something that goes wrong, armed before a step and proven to have fired. */

/** A moment inside a step, by what has happened and never by time. */
export type Moment =
  /** When this share (0..1) of the bytes that the step is known to write has been written. */
  | { readonly at: 'fraction'; readonly of: 'upgrade'; readonly fraction: number }
  /** When this many bytes have been written since the step began. */
  | { readonly at: 'bytes'; readonly bytes: number };

export type FaultPlan = { readonly fault: 'power-cut'; readonly when: Moment };

/** Evidence that a fault struck. */
export type FaultStamp = {
  readonly fault: FaultPlan['fault'];
  /** Bytes the guest had written in this step when it struck. */
  readonly bytesWritten: number;
  readonly bytesPlanned: number;
};

export function at(of: 'upgrade', fraction: number): Moment {
  return { at: 'fraction', of, fraction };
}

export function afterBytes(bytes: number): Moment {
  return { at: 'bytes', bytes };
}
