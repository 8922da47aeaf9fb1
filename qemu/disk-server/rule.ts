/** What a disk does instead of what it should, once, a few times, or from now on: armed by the harness, struck by a request. */
import { z } from 'zod';
import {
  diskEffectSchema,
  diskRuleSchema,
  type DiskCommand,
  type DiskEffect,
} from '../../harness/domain/disk-rule.ts';
import type { Disk } from './disk.ts';
import { SECTOR_BYTES } from './fate.ts';

/** A rule of the harness, with what only the server has to know. */
export const ruleSchema = diskRuleSchema.extend({
  /** Names it in what is told of it. */
  id: z.string().min(1).max(100),
  disk: z.string().optional(),
  path: z.string().optional(),
  isNew: diskRuleSchema.shape.isNew.unwrap().default(false),
  /** Only after the harness has put this mark into the log. */
  mark: z.string().optional(),
  /** Only when this many milliseconds have passed since it was armed. */
  afterMs: z.number().nonnegative().default(0),
  afterBytes: diskRuleSchema.shape.afterBytes.unwrap().default(0),
  nth: diskRuleSchema.shape.nth.unwrap().default(1),
  times: diskRuleSchema.shape.times.unwrap().default(1),
});
export type Rule = z.infer<typeof ruleSchema>;
export type RuleInput = z.input<typeof ruleSchema>;

export const effectSchema = z.enum(diskEffectSchema.options.map(({ shape }) => shape.kind.value));

/** What a rule is held against. */
export interface Asked {
  readonly disk: Pick<Disk, 'name' | 'isNew'>;
  readonly path: string;
  readonly command: DiskCommand;
  readonly offset: number;
  readonly length: number;
}

interface Armed {
  readonly rule: Rule;
  readonly sinceMs: number;
  readonly sinceBytes: number;
  isMarked: boolean;
  /** Requests that have fitted. */
  fitted: number;
}

/** The rules that are armed; the first that is struck by a request is the only one. */
export class Rules {
  readonly #nowMs: () => number;
  readonly #armed = new Map<string, Armed>();
  #bytesWritten = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  arm(rule: Rule): void {
    const since = { sinceMs: this.#nowMs(), sinceBytes: this.#bytesWritten };
    this.#armed.set(rule.id, { rule, ...since, isMarked: rule.mark === undefined, fitted: 0 });
  }

  /** @returns whether it was armed */
  disarm(id: string): boolean {
    return this.#armed.delete(id);
  }

  marked(text: string): void {
    for (const armed of this.#armed.values()) armed.isMarked ||= armed.rule.mark === text;
  }

  struckBy(asked: Asked): Rule | null {
    const struck = this.#armed.size === 0 ? undefined : this.#find(asked);
    if (asked.command === 'write') this.#bytesWritten += asked.length;
    return struck?.rule ?? null;
  }

  #find(asked: Asked): Armed | undefined {
    return [...this.#armed.values()].find((armed) => this.#strikes(armed, asked));
  }

  #strikes(armed: Armed, asked: Asked): boolean {
    const { rule, sinceMs, sinceBytes, isMarked } = armed;
    const isTime =
      isMarked &&
      this.#nowMs() - sinceMs >= rule.afterMs &&
      this.#bytesWritten - sinceBytes >= rule.afterBytes;
    if (!isTime || !fits(rule, asked)) return false;
    armed.fitted++;
    const isLast = rule.times !== null && armed.fitted === rule.nth + rule.times - 1;
    if (isLast) this.#armed.delete(rule.id);
    return armed.fitted >= rule.nth;
  }
}

function fits(rule: Rule, asked: Asked): boolean {
  const { disk, path, command, range, isNew, effect } = rule;
  if (disk !== undefined && disk !== asked.disk.name) return false;
  if (path !== undefined && path !== asked.path) return false;
  if (command !== undefined && command !== asked.command) return false;
  const end = asked.offset + asked.length;
  if (range !== undefined && (asked.offset >= range.end || end <= range.start)) return false;
  if (!changes(effect, asked)) return false;
  return !isNew || (asked.command === 'write' && asked.disk.isNew(asked.offset, asked.length));
}

/** Whether anything is otherwise than it would have been: nobody may be told that a request was struck that was not. */
function changes(effect: DiskEffect, { command, length }: Asked): boolean {
  switch (effect.kind) {
    case 'lie':
      return command === 'flush';
    case 'flip':
      return command === 'read' || command === 'write';
    case 'tear':
      return command === 'write' && length > effect.sectors * SECTOR_BYTES;
    default:
      return true;
  }
}
