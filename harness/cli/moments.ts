/** The moments that a fault can wait for, as `hostproof list faults` explains them. */
import type { LayoutId } from '../domain/image.ts';
import { BOOT_PHASES } from '../domain/moment.ts';
import type { Layout } from '../ports/layout.ts';
import ostree from '../layouts/ostree.ts';
import thin from '../layouts/thin.ts';

interface MomentKind {
  /** The function that gives it. */
  readonly name: string;
  readonly title: string;
  readonly detail: string;
  readonly example: string;
}

const ENGINES: Readonly<Record<LayoutId, Pick<Layout, 'marks'>>> = { thin, ostree };

export const MOMENTS: readonly MomentKind[] = [
  {
    name: 'at',
    title:
      'In an upgrade, when this share of the bytes has been written that it is known to write.',
    detail: 'Between 0 and 1. Of an ostree upgrade, what it writes at least is known.',
    example: "host.upgrade(image('1.1'), { fault: powerCut({ when: at('upgrade', 0.5) }) })",
  },
  {
    name: 'sometime',
    title: 'Somewhere in an upgrade, by the randomness that the story is given.',
    detail: 'Another seed of the run (--seed), another moment.',
    example:
      "host.upgrade(image('1.1'), { fault: powerCut({ when: sometime('upgrade', random) }) })",
  },
  {
    name: 'atMark',
    title:
      'In an upgrade, when it has come to this point, by what its engine says or is told to do.',
    detail: Object.entries(ENGINES)
      .map(([layout, { marks }]) => `${layout}: ${Object.keys(marks).join(', ')}`)
      .join('; '),
    example:
      "host.upgrade(image('1.1'), { fault: powerCut({ when: atMark('default switched') }) })",
  },
  {
    name: 'afterServed',
    title: 'In an upgrade, when this many bytes of what is served to the host have been sent.',
    detail: 'For faults of the repository and of the line to it; 0 is the first request.',
    example:
      "host.upgrade(image('1.1'), { fault: repositoryEmptied({ when: afterServed(8 * 2 ** 20) }) })",
  },
  {
    name: 'afterBytes',
    title: 'When this many bytes have been written to the disks since the step began.',
    detail: 'In an upgrade, in a start, or on the way down.',
    example: 'host.boot({ fault: powerCut({ when: afterBytes(2 ** 20) }) })',
  },
  {
    name: 'after',
    title: 'When the guest has read, written or flushed this often since the step began.',
    detail: 'In an upgrade, in a start, or on the way down.',
    example: "host.powerOff({ fault: powerCut({ when: after('flush', 3) }) })",
  },
  {
    name: 'onConsole',
    title: 'When a line of the console matches.',
    detail: 'A regular expression without flags. In an upgrade, in a start, or on the way down.',
    example: 'host.boot({ fault: resetButton({ when: onConsole(/Linux version/) }) })',
  },
  {
    name: 'during',
    title: 'When a start has come to this phase.',
    detail: `In this order: ${BOOT_PHASES.join(', ')}.`,
    example: "host.boot({ fault: powerCut({ when: during('boot', 'initramfs') }) })",
  },
];
