/** Something that goes wrong, armed before a step and proven to have fired. */

/** A moment inside a step, by what has happened and never by time. */
export type Moment =
  /** When this share (0..1) of the bytes that the step is known to write has been written. */
  | { readonly at: 'fraction'; readonly of: 'upgrade'; readonly fraction: number }
  /** When this many bytes have been written since the step began. */
  | { readonly at: 'bytes'; readonly bytes: number };

/** When this many bytes of what is served to the host have been sent since the step began. */
export type ServedMoment = { readonly at: 'served'; readonly bytes: number };

export type PowerCut = {
  readonly fault: 'power-cut';
  readonly when: Moment;
  /** Chooses what becomes of what was not flushed, on disks that can lose it; that of the run unless said. */
  readonly seed?: number | undefined;
};

/** What a power cut has made of writes that were not flushed. */
export interface Unflushed {
  readonly kept: number;
  readonly lost: number;
  /** Only some of their sectors are there. */
  readonly torn: number;
}
export type ConnectionDropped = {
  readonly fault: 'connection-dropped';
  readonly when: ServedMoment;
};
export type FaultPlan = PowerCut | ConnectionDropped;

/** Evidence that a fault struck. */
export type FaultStamp =
  | {
      readonly fault: PowerCut['fault'];
      /** Bytes the guest had written in this step when it struck. */
      readonly bytesWritten: number;
      readonly bytesPlanned: number;
      /** Absent: the disk keeps all that was written. */
      readonly unflushed?: Unflushed;
    }
  | {
      readonly fault: ConnectionDropped['fault'];
      /** Bytes of files that had been sent in this step when it struck. */
      readonly bytesServed: number;
    };

export function at(of: 'upgrade', fraction: number): Moment {
  return { at: 'fraction', of, fraction };
}

export function afterBytes(bytes: number): Moment {
  return { at: 'bytes', bytes };
}

export function afterServed(bytes: number): ServedMoment {
  return { at: 'served', bytes };
}
