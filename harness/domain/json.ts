/** Plain JSON as verbs take and return it, and its one canonical text. */
import type { z } from 'zod';

export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The canonical text of a JSON value: keys sorted by code unit, no white space, `undefined` members left out.
 * Two values that mean the same have the same text, so the text can be hashed and compared.
 *
 * @throws TypeError for what JSON cannot say (functions, NaN, infinities, class instances)
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`not a JSON number: ${String(value)}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object') {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new TypeError(`not plain JSON: ${value.constructor.name}`);
    }
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`not JSON: ${typeof value}`);
}

/** A copy that is nothing but JSON; null for what is undefined. @throws TypeError for what JSON cannot say */
export function asJson(value: unknown): z.infer<ReturnType<typeof z.json>> {
  return JSON.parse(canonical(value ?? null)) as z.infer<ReturnType<typeof z.json>>;
}
