import { scenario } from '../../harness/scenario.ts';
import { takenWithRoom } from '../_room-again.ts';

export default scenario(
  {
    title:
      'On a full /boot an upgrade is refused before anything is touched, and with room it works',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    bugs: [
      'ostree-boot-full-at-finalize',
      'thin-default-points-to-deleted-lv',
      'thin-boot-size-units',
    ],
  },
  async (story) => {
    const { host, image, expect } = story;
    await host.install(image('1.0'));
    await host.boot();
    await host.fill({ leaveMiB: 20, where: '/boot' }); // half a kernel with its initramfs
    const refused = await host.upgrade(image('1.1'), { ends: 'refused' });
    expect.reason(refused, /space in \/boot/);
    await takenWithRoom('/boot/filler', story);
  },
);
