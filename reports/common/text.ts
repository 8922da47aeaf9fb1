/** Texts of a guest, made harmless for the reader's terminal and for the formats of the reports. */

/** Longest text of a guest that a report for people repeats; the whole is in the events. */
const LONGEST = 2000;

// CSI, OSC (and the other string sequences), and the short escape sequences of ECMA-48.
const SEQUENCES =
  /[\u001b]\[[0-?]*[ -/]*[@-~]|[\u001b][\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[\u001b][ -/]*[0-Z\\`-~]/g;

// Controls (C0, DEL, C1), line separators, characters that turn the direction of writing, lone surrogates.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': ' ' };

function visible(character: string): string {
  const code = character.charCodeAt(0);
  const name = NAMED[character];
  if (name !== undefined) return name;
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

export function stripSequences(text: string): string {
  return text.replace(SEQUENCES, '');
}

/** At most `longest` characters, and how many are missing. */
export function bounded(text: string, longest = LONGEST): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)} … (${String(text.length - longest)} more characters)`;
}

/** One line that can be printed anywhere: no escape sequences, nothing that moves a cursor, of bounded length. */
export function oneLine(text: string, longest = LONGEST): string {
  return bounded(stripSequences(bounded(text, longest * 8)), longest)
    .trim()
    .replace(UNSAFE, visible);
}

/** Several lines, each as `oneLine` makes it. */
export function lines(text: string, longest = LONGEST): string[] {
  const safe = bounded(stripSequences(bounded(text, longest * 8)), longest);
  return safe
    .split(/\r\n|[\n\r]/)
    .map((line) => line.trimEnd().replace(UNSAFE, visible))
    .filter((line) => line !== '');
}

/** `850 ms`, `12.3 s`, `4 min 05 s`, `1 h 02 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  const seconds = Math.round(ms / 1000);
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min ${two(seconds % 60)} s`;
  return `${String(Math.floor(seconds / 3600))} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** A step in a few words: `upgrade image=1.1 fault.fault=power-cut`. */
export function stepTitle(verb: string, args: unknown): string {
  return oneLine([verb, ...members(args, [])].join(' '), 160);
}

function members(value: unknown, path: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${path.join('.')}=${word(value)}`];
  }
  return Object.entries(value).flatMap(([key, member]) =>
    // `{ image: { image: '1.0' } }` reads `image=1.0`.
    members(member, key === path.at(-1) ? path : [...path, key]),
  );
}

function word(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@%+-]{1,60}$/.test(value)) return value;
  return bounded(JSON.stringify(value), 60);
}

/** JSON leaves DEL, C1, line separators and the like as they are, and a terminal or a line reader obeys them. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
