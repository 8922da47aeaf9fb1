import { atMark, scenario, spaceExhausted } from '../../harness/scenario.ts';
import { takenWithRoom } from '../_room-again.ts';

export default scenario(
  {
    title:
      'When /boot runs full after it was measured, the upgrade is undone, and with room it is repeated',
    layouts: ['thin'],
    notOn: { ostree: 'its kernel is copied on the way down, and no verb hears of it there' },
    firmware: ['uefi'],
    suite: 'full',
  },
  async (story) => {
    const { host, image, expect } = story;
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    // half a kernel with its initramfs
    const fault = spaceExhausted({ when: atMark('extracting'), where: '/boot', leaveMiB: 20 });
    await host.upgrade(image('1.1'), { fault, ends: 'failed' });
    await takenWithRoom('/boot/filler', story);
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
