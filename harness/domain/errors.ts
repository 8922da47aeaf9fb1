/**
 * Every error hostproof raises: one table of codes, each with who is to blame and what to do next.
 *
 * The blame decides the verdict and the exit code (see `verdict.ts`); the hint is the next step for the reader.
 */
export type Blame = 'host' | 'usage' | 'environment' | 'story' | 'harness' | 'interrupt';

const TABLE = {
  // the command line
  'usage/option': ['usage', 'see --help'],
  'usage/unknown-name': ['usage', 'hostproof list shows the known names'],
  'usage/kickstart': [
    'usage',
    'correct the kickstart; images/guest/installer/kickstart-check FILE checks it',
  ],
  'usage/scenario': [
    'usage',
    'correct the scenario file; README.md, "Writing a story", shows the shape',
  ],
  'usage/catalogue': ['usage', 'correct this file of the catalogue; its neighbours show the shape'],
  'usage/bug': ['usage', 'correct what the message names; scenarios/bugs.yaml explains its fields'],
  // the environment
  'env/no-qemu': ['environment', 'install qemu-system-x86 (Debian: node setup.mjs e2e does)'],
  'env/no-accelerator': ['environment', 'hostproof doctor shows what was tried'],
  'env/no-firmware': ['environment', 'install OVMF (Debian: apt-get install ovmf)'],
  'env/missing-tool': [
    'environment',
    'install the named package (Debian: node setup.mjs e2e does)',
  ],
  'env/disk-full': [
    'environment',
    'free some space, or point XDG_CACHE_HOME or --out at a larger disk',
  ],
  'env/io': [
    'environment',
    'the machine below the guest failed: look at its disk and its kernel log',
  ],
  'env/image-absent': ['environment', 'hostproof image build'],
  'env/image-damaged': ['environment', 'hostproof image build makes a damaged image again'],
  'env/image-build': ['environment', 'the log named in the message has the whole output'],
  'env/qemu-start': [
    'environment',
    'the last lines of QEMU say why; hostproof doctor checks the machine',
  ],
  'env/network': ['environment', 'another program may hold the port: run again'],
  'env/lock': [
    'environment',
    'another hostproof holds the lock and does not answer: end it, or wait',
  ],
  // the host under test
  'host/invariant': ['host', 'the view beside the events shows what was observed'],
  'host/expectation': ['host', 'the view beside the events shows what was observed'],
  'host/never': ['host', 'console.log of the job shows what the host said'],
  'host/timeout': ['host', 'console.log of the job shows the last thing the host said'],
  'host/command': ['host', 'the output is in the events; --pause-on-failure keeps the machine up'],
  'host/install': ['host', 'console.log of the job has the whole installation'],
  // the story
  'story/misuse': ['story', 'one verb at a time, on a host that is in the right state for it'],
  'story/argument': ['story', 'verbs take plain JSON'],
  'story/fault-never-struck': ['story', 'arm the fault at a moment that the step reaches'],
  'story/not-deterministic': [
    'story',
    'a host must do the same each time: hostproof run --no-cache tells the story without checkpoints',
  ],
  'story/failed': ['story', 'the story threw an error of its own'],
  // hostproof itself
  'harness/internal': [
    'harness',
    'this is a defect of hostproof: please report it with the run directory',
  ],
  'harness/checkpoint': [
    'harness',
    'run again: what is missing is made anew; hostproof run --no-cache tells the story without checkpoints',
  ],
  'harness/qmp': ['harness', 'qmp.jsonl of the job has the transcript'],
  interrupt: ['interrupt', 'run the same command again'],
} as const satisfies Record<string, readonly [Blame, string]>;

export type ErrorCode = keyof typeof TABLE;

export const ERROR_CODES = Object.keys(TABLE) as ErrorCode[];

/** JSON shape of an error in the event stream. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly blame: Blame;
  readonly message: string;
  readonly hint: string;
  /** Name of the broken invariant or expectation, if that is what it is. */
  readonly invariant?: string;
  readonly cause?: string;
}

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Replaces the hint of the table when the place knows better. */
  readonly hint?: string;
  readonly invariant?: string;
}

export class HostproofError extends Error {
  readonly code: ErrorCode;
  readonly blame: Blame;
  readonly hint: string;
  readonly invariant: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HostproofError';
    this.code = code;
    this.blame = TABLE[code][0];
    this.hint = options.hint ?? TABLE[code][1];
    this.invariant = options.invariant;
  }

  toRecord(): ErrorRecord {
    return {
      code: this.code,
      blame: this.blame,
      message: this.message,
      hint: this.hint,
      ...(this.invariant === undefined ? {} : { invariant: this.invariant }),
      ...(this.cause === undefined ? {} : { cause: messageOf(this.cause) }),
    };
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Anything thrown, as a HostproofError: what is not one yet is a defect of hostproof. */
export function asHostproofError(error: unknown): HostproofError {
  if (error instanceof HostproofError) return error;
  const where = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  return new HostproofError('harness/internal', `${messageOf(error)} ${where}`.trim(), {
    cause: error,
  });
}

/** True for the errors of a full disk or a full quota, whatever layer raised them. */
export function isDiskFull(error: unknown): boolean {
  const text =
    error instanceof Error
      ? `${String((error as NodeJS.ErrnoException).code)} ${error.message}`
      : String(error);
  return /\b(ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/.test(text);
}
