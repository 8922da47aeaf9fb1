/** Holds the console of a machine against the symptom table while something is waited for. */
import { HostproofError } from '../domain/errors.ts';
import type { MachineConsole } from '../ports/console.ts';
import type { RunningMachine } from '../ports/machine.ts';
import { symptomOf, type Symptom } from '../checks/symptoms.ts';
import type { BootEnd } from '../domain/verb.ts';

export interface SeenSymptom {
  readonly symptom: Symptom;
  readonly line: string;
}

export interface WatchingOptions {
  readonly what: string;
  readonly onSymptom: (seen: SeenSymptom) => void;
  readonly mayStop?: boolean;
  /** A person is at the machine: symptoms are told, and he decides. */
  readonly isAttended?: boolean;
  readonly signal: AbortSignal;
}

/** Symptoms that a story may expect of a start. */
const ENDS: Readonly<Record<string, BootEnd>> = {
  'kernel-panic': 'panic',
  'efi-no-bootable': 'no-loader',
  'efi-shell': 'no-loader',
};

export class SymptomError extends HostproofError {
  /** How a start has ended that shows it; undefined: as no start may. */
  readonly ends: BootEnd | undefined;

  constructor(what: string, seen: SeenSymptom) {
    const { id, meaning } = seen.symptom;
    super('host/never', `${what}: ${meaning}; the console says: ${seen.line}`, {
      invariant: `console.${id}`,
    });
    this.ends = ENDS[id];
  }
}

/**
 * Runs `body`; rejects at once when the console shows that it can never succeed, when the machine below fails,
 * or when the machine stops and `mayStop` is not set.
 */
export async function watching<T>(
  machine: RunningMachine,
  options: WatchingOptions,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const given = new AbortController();
  const hopeless = new Promise<never>((_, reject) => {
    given.signal.addEventListener('abort', () => undefined);
    const unsubscribe = onSymptom(machine.console, (seen) => {
      options.onSymptom(seen);
      if (seen.symptom.kind !== 'never' || options.isAttended === true) return;
      reject(new SymptomError(options.what, seen));
    });
    given.signal.addEventListener('abort', unsubscribe, { once: true });
    if (options.mayStop !== true) {
      void machine.stopped.then(({ reason, detail }) => {
        reject(
          new HostproofError(
            'host/never',
            `${options.what}: the machine stopped (${reason}) ${detail}`.trim(),
          ),
        );
      });
    }
  });
  hopeless.catch(() => undefined); // observed through the race below; may lose it
  try {
    return await Promise.race([
      body(AbortSignal.any([options.signal, given.signal])),
      hopeless,
      machine.unfit,
    ]);
  } finally {
    given.abort(new HostproofError('host/never', `${options.what}: given up`));
  }
}

function onSymptom(console: MachineConsole, listener: (seen: SeenSymptom) => void): () => void {
  return console.onLine((line) => {
    const symptom = symptomOf(line);
    if (symptom !== null) listener({ symptom, line: line.slice(0, 300) });
  });
}
