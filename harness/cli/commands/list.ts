/** `hostproof list`: what there is to run, and what to run it with. */
import { Argument } from '@commander-js/extra-typings';
import { known } from '../../domain/nearest.ts';
import { commandWithExamples, type CommandContext, type CommandModule } from '../command.ts';
import { ALL_KINDS, KINDS, type Kind, type Listing } from '../listings.ts';
import { printJson, table } from '../output.ts';

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
      ['hostproof list images --json', 'for a program'],
    ],
  )
    .addArgument(new Argument('[kind]', `one of ${ALL_KINDS.join(', ')}`))
    .option('--json', 'prints JSON')
    .action(async (kind, options) => {
      const kinds = kind === undefined ? ALL_KINDS : [known('kind', kind, ALL_KINDS)];
      const found = await Promise.all(kinds.map(async (one) => [one, await KINDS[one]()] as const));
      if (options.json === true) {
        const entries = found.map(([name, listing]) => [name, listing.entries] as const);
        printJson(kind === undefined ? Object.fromEntries(entries) : entries[0]?.[1]);
      } else {
        process.stdout.write(found.map(([name, listing]) => section(name, listing)).join('\n'));
      }
    });

export default list;

function section(kind: Kind, { entries, summary }: Listing): string {
  const headings = [...new Set(entries.map(({ heading = kind }) => heading))];
  const parts = headings.map((below) => {
    const rows = entries
      .filter(({ heading = kind }) => heading === below)
      .flatMap(({ name, title, suite, detail, example }) => [
        [`  ${name}`, typeof suite === 'string' ? `[${suite}] ${title}` : title],
        ...[detail, example].flatMap((line) => (typeof line === 'string' ? [['', line]] : [])),
      ]);
    return `${below}\n${table(rows)}`;
  });
  return `${parts.join('\n')}${summary === undefined ? '' : `${summary}\n`}`;
}
