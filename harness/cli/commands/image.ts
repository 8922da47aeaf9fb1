/** `hostproof image`: the reference images in the cache. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { buildImage, listImages, verifyImage, type ImageListing } from '../../../images/builder.ts';
import type { BuiltImage } from '../../domain/image.ts';
import { cacheDir } from '../../adapters/cache-dir.ts';
import { commandWithExamples, type CommandContext, type CommandModule } from '../command.ts';
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

function row({ name, state, sizeBytes, title, detail }: ImageListing): string[] {
  const size = sizeBytes === 0 ? '' : mebibytes(sizeBytes);
  return [name, state, size, detail === undefined ? title : `${title} (${detail})`];
}

function build({ signal }: CommandContext): CommandUnknownOpts {
  return commandWithExamples('build', 'builds images; what is built already is not built again', [
    ['hostproof image build', 'all of them'],
    ['hostproof image build 1.0', 'one of them'],
    ['hostproof image build --refresh', 'with the packages that the mirror has today'],
  ])
    .argument('[names...]', 'images of the catalogue; all if none is named')
    .option('--refresh', 'chooses the versions of the packages anew')
    .option('--json', 'prints what was built as JSON')
    .action(async (names, options) => {
      const cache = await cacheDir();
      const built: BuiltImage[] = [];
      // One after the other: their common stages come first, and each uses all processors.
      for (const [index, name] of (await chosen(names, cache)).entries()) {
        built.push(
          await buildImage(name, {
            cacheDir: cache,
            signal,
            // Chosen once, so that all images of this command share them.
            refresh: options.refresh === true && index === 0,
            onProgress: (text) => {
              say(`${name}: ${text}`);
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
    .option('--json', 'prints what was verified as JSON')
    .action(async (names, options) => {
      const cache = await cacheDir();
      const listed = await listImages({ cacheDir: cache });
      const present = listed.filter(({ state }) => state !== 'absent').map(({ name }) => name);
      const verified: BuiltImage[] = [];
      for (const name of names.length > 0 ? names : present) {
        signal.throwIfAborted();
        say(`${name}: verifying`);
        verified.push(await verifyImage(name, { cacheDir: cache }));
      }
      if (options.json === true) printJson(verified);
      else if (verified.length === 0) say('no image is built; hostproof image build builds them');
      else process.stdout.write(table(verified.map(artefacts)));
    });
}

async function chosen(names: readonly string[], cache: string): Promise<readonly string[]> {
  if (names.length > 0) return names;
  return (await listImages({ cacheDir: cache })).map(({ name }) => name);
}

function artefacts({ name, squashfs, iso }: BuiltImage): string[] {
  const medium = iso === null ? 'no medium' : `${iso.path} (${mebibytes(iso.sizeBytes)})`;
  return [name, `${squashfs.path} (${mebibytes(squashfs.sizeBytes)})`, medium];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
