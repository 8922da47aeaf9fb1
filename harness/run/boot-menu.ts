/** Chooses an entry of GRUB's menu on the console, as a person would. */
import type { Clock } from '../ports/clock.ts';
import type { MachineConsole } from '../ports/console.ts';
import { notYet, waitFor, yes } from './wait.ts';

interface MenuRow {
  readonly text: string;
  readonly selected: boolean;
}

/** Rows of the menu that the screen shows: GRUB marks the selected one with `*`. Empty if there is no menu. */
export function menuRows(rows: readonly string[]): MenuRow[] {
  if (!rows.some((row) => /GNU GRUB/.test(row))) return [];
  return rows.flatMap((row) => {
    const match = /^\s*[|│]([* ])\s?(\S.*?)\s*[|│]?\s*$/.exec(row);
    return match === null ? [] : [{ text: match[2] ?? '', selected: match[1] === '*' }];
  });
}

/**
 * The next key towards the row that begins with `title`; null when it is selected, undefined when there is none.
 *
 * Not the arrows: GRUB waits 12 ms for the rest of an escape sequence and takes what comes later for Escape, which leaves the menu.
 */
export function keyTowards(
  rows: readonly MenuRow[],
  title: string,
): 'ctrl-p' | 'ctrl-n' | null | undefined {
  const target = rows.findIndex((row) => row.text.startsWith(title.slice(0, 60)));
  const selected = rows.findIndex((row) => row.selected);
  if (target < 0 || selected < 0) return undefined;
  return target === selected ? null : target < selected ? 'ctrl-p' : 'ctrl-n';
}

/** @throws HostproofError `host/timeout` when no menu with such an entry appears */
export async function chooseEntry(
  console: MachineConsole,
  title: string,
  options: { readonly clock: Clock; readonly limitMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const wait = {
    ...options,
    what: `the boot menu with the entry ${JSON.stringify(title)}`,
    everyMs: 100,
  };
  let pressedAt: string | null = null;
  await waitFor(async () => {
    const screen = await console.screen();
    const rows = menuRows(screen.rows);
    const key = keyTowards(rows, title);
    if (key === undefined)
      return notYet(screen.rows.filter((row) => row !== '').at(-1) ?? 'nothing');
    if (key === null) return yes(undefined);
    const selected = rows.findIndex((row) => row.selected).toString();
    if (selected !== pressedAt) {
      pressedAt = selected; // the screen must show that the last key arrived before the next one is pressed
      await console.press(key);
    }
    return notYet('the menu, with another entry selected');
  }, wait);
  await console.press('enter');
}
