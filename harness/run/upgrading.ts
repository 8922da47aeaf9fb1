/** An upgrade of a host on a machine: by its layout, from what is served to it, and with whatever it meets. */
import type { Args, Result } from '../domain/verb.ts';
import type { StepContext } from '../ports/host.ts';
import type { EngineOutcome, Layout, LayoutContext } from '../ports/layout.ts';
import { armedLine, onLoopback } from './armed-line.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import type { Faults, OthersWork } from './faults.ts';
import type { GuestVerbs } from './guest-verbs.ts';
import { marksLines } from './log-marks.ts';
import type { Power } from './power.ts';
import type { Repository } from './repository.ts';

export interface UpgradingOptions {
  readonly layout: Layout;
  readonly power: Power;
  readonly disk: Pick<HostDisk, 'mark'>;
  readonly guest: GuestVerbs;
  readonly repository: Repository;
  readonly faults: Faults;
}

export async function upgrade(
  { image: { image: name }, fault }: Args<'upgrade'>,
  { layout, power, disk, guest, repository, faults }: UpgradingOptions,
  context: StepContext,
): Promise<Result<'upgrade'>> {
  const { shell } = power;
  const { image, service: update } = await repository.withUpdate(name, context.progress);
  const line = fault?.strikes === 'line' ? armedLine(fault) : undefined;
  await using service = await shell.serve(update, line);
  const server = (line?.server ?? onLoopback)(service);
  const engine = (context: StepContext): Promise<EngineOutcome> => {
    const marks = marksLines(disk, layout.marks);
    const progress = (text: string): void => {
      marks(text);
      line?.hears(text);
      context.progress(text);
    };
    return layout.upgrade(guest.context({ ...context, progress }), image, server);
  };
  const somebodyElse =
    <T>(what: string, does: (context: LayoutContext) => Promise<T>) =>
    (context: StepContext): Promise<T> => {
      const progress = (text: string): void => {
        context.progress(`somebody else: ${text}`);
      };
      return power.watched(what, context, (signal) =>
        does(guest.context({ ...context, signal, progress })),
      );
    };
  const others: OthersWork = {
    fill: (place, context) =>
      somebodyElse('filling', (guest) => layout.fill(guest, place))(context),
    again: somebodyElse('upgrading a second time', (context) =>
      layout.upgradeByHand(context, image, server),
    ),
    'remove-running': somebodyElse('removing the running layer', layout.removeRunningByHand),
  };
  const { ended, stamp } = await faults.during(
    fault?.strikes === 'line' ? undefined : fault,
    { bytesPlanned: layout.upgradeBytes(image), marks: layout.marks, others },
    context,
    (context) =>
      power.watched('upgrading', context, (signal) => engine({ ...context, signal }), {
        // that the machine stops is what the fault is for
        mayStop: fault?.strikes === 'power',
      }),
  );
  return {
    ...(ended ?? { outcome: 'cut', reason: null }),
    ...{ stamp: line?.stamp ?? stamp, content: image.content },
  };
}
