/** `hostproof list`: what there is to run, and what to run it with. */
import { Argument } from '@commander-js/extra-typings';
import { known } from '../../domain/nearest.ts';
import { commandWithExamples, type CommandContext, type CommandModule } from '../command.ts';
import { ALL_KINDS, KINDS, type Kind, type Listing } from '../listings.ts';
import { printJson, say, table } from '../output.ts';

const list: CommandModule = (_context: CommandContext) =>
  commandWithExamples(
    'list',
    'shows stories, images, layouts, reports, faults, planted defects and real ones',
    [
      ['hostproof list', 'everything'],
      ['hostproof list scenarios', 'the stories and the suites they belong to'],
      ['hostproof list variants', 'every story on every layout, firmware and storage, and why not'],
      [
        'hostproof list bugs',
        'real defects of such hosts: which story would catch each, or why none',
      ],
      [
        'hostproof list faults',
        'what can go wrong with a host on purpose, and how a story says so',
      ],
      ['hostproof list bugs initramfs', 'only what says so somewhere'],
      ['hostproof list images --json', 'for a program'],
    ],
  )
    .addArgument(new Argument('[kind]', `one of ${ALL_KINDS.join(', ')}`))
    .argument('[words...]', 'only what has all of these in it')
    .option('--json', 'prints JSON')
    .action(async (kind, words, options) => {
      const kinds = kind === undefined ? ALL_KINDS : [known('kind', kind, ALL_KINDS)];
      const found = await Promise.all(
        kinds.map(async (one) => [one, having(words, await KINDS[one]())] as const),
      );
      if (words.length > 0 && found.every(([, { entries }]) => entries.length === 0))
        say(`nothing has ${words.map((word) => JSON.stringify(word)).join(' and ')} in it`);
      if (options.json === true) {
        const entries = found.map(([name, listing]) => [name, listing.entries] as const);
        printJson(kind === undefined ? Object.fromEntries(entries) : entries[0]?.[1]);
      } else {
        const some = found.filter(([, { entries }]) => entries.length > 0);
        process.stdout.write(some.map(([name, listing]) => section(name, listing)).join('\n'));
      }
    });

export default list;

/** What people are told of an entry below its name and title. */
const BELOW = ['detail', 'example', 'symptom', 'source'];

/** What has all of these words in it, wherever. */
function having(words: readonly string[], listing: Listing): Listing {
  if (words.length === 0) return listing;
  const has = (entry: unknown): boolean => {
    const text = textOf(entry).toLowerCase();
    return words.every((word) => text.includes(word.toLowerCase()));
  };
  return { entries: listing.entries.filter(has) };
}

/** All that it says, without the names of its fields. */
function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? Object.values(value).map(textOf).join('\n')
    : String(value);
}

function section(kind: Kind, { entries, summary }: Listing): string {
  const headings = [...new Set(entries.map(({ heading = kind }) => heading))];
  const parts = headings.map((below) => {
    const rows = entries
      .filter(({ heading = kind }) => heading === below)
      .flatMap(({ name, title, suite, ...more }) => [
        [`  ${name}`, typeof suite === 'string' ? `[${suite}] ${title}` : title],
        ...BELOW.map((field) => more[field])
          .filter((line) => typeof line === 'string')
          .map((line) => ['', line]),
      ]);
    return `${below}\n${table(rows)}`;
  });
  return `${parts.join('\n')}${summary === undefined ? '' : `${summary}\n`}`;
}
