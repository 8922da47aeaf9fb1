/** How stories end of places that were full. */
import type { StoryContext } from '../harness/scenario.ts';

/** The host is as it was, and takes the update once the file that had the room is removed. */
export async function takenWithRoom(
  filler: string,
  { host, image, expect }: StoryContext,
): Promise<void> {
  expect.defaultLayer('1.0');
  expect.layers('1.0');
  await host.reboot();
  expect.layer('1.0');
  await host.remove(filler);
  await host.upgrade(image('1.1'));
  await host.reboot();
  expect.layer('1.1');
  expect.layers('1.0', '1.1');
}
