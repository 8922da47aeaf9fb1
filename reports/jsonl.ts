/** The event stream itself, one JSON object a line. */
import { safeJson } from './common/text.ts';
import type { Reporter } from './reporter.ts';

export default {
  name: 'jsonl',
  title: 'The events as they come, one JSON object a line',
  live: false,
  create: ({ write }) => ({
    onEvent: (event) => {
      write(`${safeJson(event)}\n`);
    },
    end: () => undefined,
  }),
} satisfies Reporter;
