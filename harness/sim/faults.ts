/** What of a fault a simulated host can meet: its power, its line, its engine and its room, and what befalls it while it is off. */
import { HostproofError } from '../domain/errors.ts';
import type {
  BootFault,
  FaultStamp,
  LineFault,
  OffFault,
  PowerFault,
  UpgradeFault,
} from '../domain/fault.ts';
import { filledDisk, type SimDisk } from './disk.ts';

interface Met {
  /** Why nothing can be fetched. */
  readonly unfetched: string | null;
  readonly power: PowerFault | null;
  /** Of what leaves the host running. */
  readonly stamp: FaultStamp | null;
  /** As it is when something on the host has taken room of it. */
  readonly disk: SimDisk;
}

export function meeting(fault: UpgradeFault | undefined, disk: SimDisk): Met {
  const nothing = { unfetched: null, power: null, stamp: null, disk };
  if (fault === undefined) return nothing;
  switch (fault.strikes) {
    case 'line':
      return { ...nothing, unfetched: UNFETCHED[fault.does.kind], stamp: stampOf(fault) };
    case 'engine': {
      // whoever comes second finds the engine's lock taken, and what runs is in use
      const said = { again: 'another update is at work', 'remove-running': 'the layer is in use' };
      const second = { status: 1, said: said[fault.does] };
      return { ...nothing, stamp: { ...atOnce(fault), second } };
    }
    case 'space': {
      const { disk: filled, ...filling } = filledDisk(disk, fault);
      return { ...nothing, stamp: { ...atOnce(fault), ...filling }, disk: filled };
    }
    default:
      return { ...nothing, power: powerOf(fault) };
  }
}

/** Nothing that takes time is simulated. */
export function atOnce({ fault }: { readonly fault: string }) {
  return { fault, bytesWritten: 0, bytesPlanned: 0 } satisfies FaultStamp;
}

/** What a host says for the reason when it cannot fetch, in words like those of libcurl; null: it can. */
const UNFETCHED: Readonly<Record<LineFault['does']['kind'], string | null>> = {
  drop: 'Connection reset by peer',
  'not-found': 'Status code: 404',
  slow: null,
  unresolved: 'Could not resolve host: updates.invalid',
};

function stampOf({ fault, does, when }: LineFault): FaultStamp {
  if (does.kind !== 'unresolved') return { fault, bytesServed: when.bytes };
  return { fault, name: 'updates.invalid', said: 'Could not resolve host: updates.invalid' };
}

/** @throws HostproofError `story/misuse` for one of a disk */
export function powerOf(fault: BootFault): PowerFault {
  if (fault.strikes === 'power') return fault;
  throw new HostproofError('story/misuse', 'a simulated host has no disk that could lie', {
    hint: "say `disks: 'served'` in the data of the story: it is for machines then",
  });
}

/** Its firmware knows nothing that it needs, and it never asks what time it is. */
export function struckWhileOff(plan: OffFault, sha256: (text: string) => string): FaultStamp {
  const { fault } = plan;
  if (plan.strikes === 'clock') {
    const [from, to] = [0, plan.backYears].map((years) => `${(2026 - years).toString()}-01-01`);
    return { fault, clock: { from: from ?? '', to: to ?? '' } };
  }
  if (plan.strikes === 'bay') return { fault, diskGuid: sha256('').slice(0, 32) };
  if (plan.strikes === 'esp') return { fault, esp: { offset: 0, sizeBytes: 512 } };
  if (plan.does === 'forget') return { fault, sha256: sha256('') };
  return { fault, bootOrder: { from: ['0001', '0000'], to: ['0000', '0001'] } };
}
