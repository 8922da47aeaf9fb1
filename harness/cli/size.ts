/** Sizes as people type them: a number with a unit. */
import { InvalidArgumentError } from '@commander-js/extra-typings';

const UNITS = { M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;

/** Bytes of `40G`, `512MiB`, `1.5T`; a unit is wanted, because a number without one is always a mistake. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([MGT])(?:i?B)?$/i.exec(text.trim());
  const unit = match?.[2]?.toUpperCase() as keyof typeof UNITS | undefined;
  if (match === null || unit === undefined) {
    throw new InvalidArgumentError('a size with its unit is wanted, such as 40G or 512M');
  }
  const bytes = Number(match[1]) * UNITS[unit];
  if (bytes < UNITS.M) throw new InvalidArgumentError('at least 1M is wanted');
  return Math.round(bytes / 512) * 512;
}
