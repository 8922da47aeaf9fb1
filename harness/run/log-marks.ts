/** What the log of a host's disk says besides what was written: in which step that was, and how far it had come. */
import { canonical } from '../domain/json.ts';
import { VERBS } from '../domain/verb.ts';
import type { Host, StepContext } from '../ports/host.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import { abortable } from './abortable.ts';

type Marked = Pick<HostDisk, 'mark'>;

/** Characters of a mark: arguments may hold a whole file. */
const TEXT_MAX = 200;

/** The host with a mark where each act begins, `begin VERB ARGUMENTS`, and where it ends, `end VERB`. */
export function marksSteps(host: Host, disk: Marked): Host {
  return new Proxy(host, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (!isAct(name)) return member.bind(target) as unknown;
      return async (args: unknown, context: StepContext): Promise<unknown> => {
        await put(disk, `begin ${name} ${canonical(args)}`, context.signal);
        try {
          return await (Reflect.apply(member, target, [args, context]) as Promise<unknown>);
        } finally {
          await put(disk, `end ${name}`, context.signal);
        }
      };
    },
  });
}

/**
 * A mark for the first line that says that something has begun; what says it is a guest, who may say it forever.
 *
 * @param begins the line, by the text of the mark
 * @returns to be called for every line
 */
export function marksLines(
  disk: Marked,
  begins: Readonly<Record<string, RegExp>>,
): (line: string) => void {
  const waiting = new Map(Object.entries(begins));
  return (line) => {
    for (const [text, pattern] of waiting) {
      if (!pattern.test(line)) continue;
      waiting.delete(text);
      void disk.mark(text).catch(() => undefined);
    }
  };
}

function isAct(name: string | symbol): name is keyof typeof VERBS {
  return (
    typeof name === 'string' && name in VERBS && VERBS[name as keyof typeof VERBS].kind === 'act'
  );
}

/** A log that cannot be written any more has a machine without a disk, which says so itself. */
async function put(disk: Marked, text: string, signal: AbortSignal): Promise<void> {
  await abortable(disk.mark(text.slice(0, TEXT_MAX)), signal).catch(() => undefined);
}
