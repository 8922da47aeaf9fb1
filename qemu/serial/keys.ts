/** What a terminal sends for each key. */
import type { Key } from '../../harness/ports/console.ts';

export const KEY_SEQUENCES: Readonly<Record<Key, string>> = {
  enter: '\r',
  up: '\x1b[A',
  down: '\x1b[B',
  escape: '\x1b',
  tab: '\t',
  home: '\x1b[H',
  end: '\x1b[F',
  'ctrl-c': '\x03',
  'ctrl-d': '\x04',
  'ctrl-n': '\x0e',
  'ctrl-p': '\x10',
  'ctrl-x': '\x18',
};
