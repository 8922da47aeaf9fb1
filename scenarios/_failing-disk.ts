/** What is told of every way in which a disk can fail in an upgrade. */
import type { DiskFault, StoryContext } from '../harness/scenario.ts';

/** However the upgrade ends: the host starts as it was, or new, and takes the next one. */
export async function outlives(
  fault: DiskFault,
  { host, image, expect }: StoryContext,
  // what could not be read or written is not always needed, and a flush that is asked for again may be done
  ends: ('done' | 'refused' | 'failed')[] = ['done', 'refused', 'failed'],
): Promise<void> {
  await host.install(image('1.0'));
  await host.boot();
  await host.write('/etc/motd', 'kept by the administrator\n');
  await host.upgrade(image('1.1'), { fault, ends });
  await host.powerCut();
  await host.boot();
  await expect.file('/etc/motd', 'kept by the administrator\n');
  await host.upgrade(image('1.2'));
  await host.reboot();
  expect.layer('1.2');
  await expect.file('/etc/motd', 'kept by the administrator\n');
}
