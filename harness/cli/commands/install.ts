/** `hostproof install`: does this medium install, and does the result start? */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { FIRMWARES, type Firmware } from '../../domain/image.ts';
import { known } from '../../domain/nearest.ts';
import { commandWithExamples, type CommandModule } from '../command.ts';
import { installMedium } from '../install-medium.ts';
import { RUNS } from '../run-suite.ts';
import { parseSize } from '../size.ts';

const GIB = 2 ** 30;

const install: CommandModule = (context) =>
  commandWithExamples('install', "installs from somebody's own medium and starts the result", [
    ['hostproof install --iso node.iso --ks ks.cfg --disk 40G', 'unattended'],
    ['hostproof install --iso node.iso --sha256 4a5b… --disk 40G --disk 20G', 'two disks'],
    ['hostproof install --iso node.iso --disk 40G --vnc', 'a person at the screen'],
    ['hostproof install --iso node.iso --disk 40G --console', 'a person at the serial console'],
  ])
    .requiredOption('--iso <file>', 'the installation medium')
    .option('--sha256 <digest>', 'what the medium must have; verified before anything else', digest)
    .option('--ks <file>', 'kickstart, given to the installer on a volume with the label OEMDRV')
    .requiredOption('--disk <size>', 'an empty disk, such as 40G; repeatable', collectSizes)
    .option('--firmware <name>', `one of ${FIRMWARES.join(', ')}`, knownFirmware, 'uefi' as const)
    .addOption(
      new Option('--memory <size>', 'memory of the machine')
        .argParser(parseSize)
        .default(4 * GIB, '4G'),
    )
    .option('--cpus <number>', 'processors of the machine', positiveInteger, 2)
    .option(
      '--stall <minutes>',
      'without output and without a byte written for this long, it has failed; longer on a slow machine',
      positiveInteger,
      10,
    )
    .option('--keep', 'keeps the disks also when all went well')
    .option('--vnc', 'opens the screen on a socket for a VNC viewer; you decide when it is over')
    .option('--console', 'puts this terminal on the serial console; you decide when it is over')
    .option('--out <dir>', 'directory that gets the directory of this run', RUNS)
    .option('--reporter <name[=file]>', 'reports, as for run (default: terminal)', collect)
    .action(async (options) => {
      const { ks, disk, memory, stall, reporter, ...rest } = options;
      context.end(
        await installMedium({
          ...rest,
          sha256: options.sha256,
          kickstart: ks,
          diskBytes: disk,
          memoryBytes: memory,
          stallMinutes: stall,
          keep: options.keep === true,
          vnc: options.vnc === true,
          console: options.console === true,
          // A terminal that shows the console has no room for a live report.
          reporters: reporter ?? [options.console === true ? 'summary' : 'terminal'],
          version: context.version,
          signal: context.signal,
        }),
      );
    });

export default install;

function collectSizes(text: string, before: number[] | undefined): number[] {
  return [...(before ?? []), parseSize(text)];
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function digest(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text;
  throw new InvalidArgumentError('64 hexadecimal digits are wanted');
}

function knownFirmware(text: string): Firmware {
  return known('firmware', text, FIRMWARES);
}

function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number, at least 1, is wanted');
}
