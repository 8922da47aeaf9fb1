/** `hostproof image`: the reference images in the cache. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { buildImage, listImages, verifyImage, type ImageListing } from '../../../images/builder.ts';
import { LAYOUTS, type BuiltImage, type LayoutId } from '../../domain/image.ts';
import { known } from '../../domain/nearest.ts';
import { cacheDir } from '../../adapters/cache-dir.ts';
import { commandWithExamples, type CommandContext, type CommandModule } from '../command.ts';
import { once } from '../options.ts';
import { printJson, say, table } from '../output.ts';

const image: CommandModule = (context) =>
  commandWithExamples('image', 'lists, builds and verifies the images that stories use', [
    ['hostproof image list', 'which there are, and which are built'],
    ['hostproof image build', 'builds those that are absent'],
    ['hostproof image build 1.0 1.1', 'builds two'],
    ['hostproof image verify', 'reads every byte of what is built'],
  ])
    .addCommand(list())
    .addCommand(build(context))
    .addCommand(verify(context));

export default image;

function list(): CommandUnknownOpts {
  return commandWithExamples('list', 'shows the images of the catalogue and their state', [
    ['hostproof image list --json', 'for a program'],
  ])
    .option('--json', 'prints JSON')
    .action(async (options) => {
      const images = await listImages({ cacheDir: await cacheDir() });
      if (options.json === true) printJson(images);
      else process.stdout.write(table(images.map(row)));
    });
}

function row({ name, layout, state, sizeBytes, title, detail }: ImageListing): string[] {
  const size = sizeBytes === 0 ? '' : mebibytes(sizeBytes);
  return [name, layout, state, size, detail === undefined ? title : `${title} (${detail})`];
}

function build({ signal }: CommandContext): CommandUnknownOpts {
  return commandWithExamples('build', 'builds images; what is built already is not built again', [
    ['hostproof image build', 'all of them'],
    ['hostproof image build 1.0 --layout thin', 'one of them, for one layout'],
    ['hostproof image build --refresh', 'with the packages that the mirror has today'],
  ])
    .argument('[names...]', 'images of the catalogue; all but families if none is named')
    .option('--layout <name>', 'only this layout', knownLayout)
    .option('--refresh', 'chooses the versions of the packages anew')
    .option('--json', 'prints what was built as JSON')
    .action(async (names, options) => {
      const cache = await cacheDir();
      const built: BuiltImage[] = [];
      // One after the other: their common stages come first, and each uses all processors.
      for (const [index, image] of (await chosen(names, options.layout, cache)).entries()) {
        built.push(
          await buildImage(image.name, {
            cacheDir: cache,
            layout: image.layout,
            signal,
            // Chosen once, so that all images of this command share them.
            refresh: options.refresh === true && index === 0,
            onProgress: (text) => {
              say(`${image.name} (${image.layout}): ${text}`);
            },
          }),
        );
      }
      if (options.json === true) printJson(built);
      else process.stdout.write(table(built.map(artefacts)));
    });
}

function verify({ signal }: CommandContext): CommandUnknownOpts {
  return commandWithExamples('verify', 'compares every byte of built images with its digest', [
    ['hostproof image verify', 'all that are built; exit code 3 if one is damaged'],
    ['hostproof image verify 1.0', 'one of them; exit code 3 also if it is not built'],
  ])
    .argument('[names...]', 'images of the catalogue; all that are built if none is named')
    .option('--layout <name>', 'only this layout', knownLayout)
    .option('--json', 'prints what was verified as JSON')
    .action(async (names, options) => {
      const cache = await cacheDir();
      const listed = await listImages({ cacheDir: cache });
      const present = listed.filter(
        ({ layout, state }) => state !== 'absent' && (options.layout ?? layout) === layout,
      );
      const verified: BuiltImage[] = [];
      for (const { name, layout } of names.length > 0
        ? await chosen(names, options.layout, cache)
        : present) {
        signal.throwIfAborted();
        say(`${name} (${layout}): verifying`);
        verified.push(await verifyImage(name, { cacheDir: cache, layout }));
      }
      if (options.json === true) printJson(verified);
      else if (verified.length === 0) say('no image is built; hostproof image build builds them');
      else process.stdout.write(table(verified.map(artefacts)));
    });
}

interface Chosen {
  readonly name: string;
  readonly layout: LayoutId;
}

/** In every layout that it can be made for, unless one is named. */
async function chosen(
  names: readonly string[],
  only: LayoutId | undefined,
  cache: string,
): Promise<readonly Chosen[]> {
  const layouts = only === undefined ? LAYOUTS : [only];
  const there = (await listImages({ cacheDir: cache })).filter(({ layout }) =>
    layouts.includes(layout),
  );
  if (names.length === 0) return there.filter(({ family }) => family === null);
  return names.flatMap((name) => {
    const its = there.filter((image) => image.name === name);
    // what is none is told when it is looked for
    return its.length > 0 ? its : layouts.map((layout) => ({ name, layout }));
  });
}

function knownLayout(text: string, before: LayoutId | undefined): LayoutId {
  return known('layout', once(text, before), LAYOUTS);
}

function artefacts({ name, layout, update, iso }: BuiltImage): string[] {
  const medium = iso === null ? 'no medium' : `${iso.path} (${mebibytes(iso.sizeBytes)})`;
  return [name, layout, `${update.path} (${mebibytes(update.sizeBytes)})`, medium];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
