/** A machine at work, for what waits for its disks. */
import { HostproofError } from '../../domain/errors.ts';
import type { RunningMachine } from '../../ports/machine.ts';

const never = new Promise<never>(() => undefined);

/** A machine whose disks are asked for 100 bytes more, in two writes, each time that it is looked at. */
export function busyMachine(changes: Partial<RunningMachine> = {}): RunningMachine {
  let looks = 0;
  return {
    blockStatistics: () => {
      looks++;
      return Promise.resolve({
        ...{ bytesWritten: looks * 100, writes: looks * 2, reads: looks, flushes: looks },
      });
    },
    ...{ unfit: never, stopped: never, console: { onLine: () => () => undefined } },
    ...changes,
  } as unknown as RunningMachine;
}

/** One that is gone when it is looked at a second time; with what it is else. */
export function goneMachine(changes: Partial<RunningMachine> = {}): RunningMachine {
  let looks = 0;
  return busyMachine({
    blockStatistics: () =>
      looks++ === 0
        ? Promise.resolve({ bytesWritten: 0, reads: 0, writes: 0, flushes: 0 })
        : Promise.reject(new HostproofError('harness/qmp', 'QEMU is gone')),
    ...changes,
  });
}
