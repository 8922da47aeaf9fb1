import { atMark, scenario, spaceExhausted } from '../../harness/scenario.ts';
import { takenWithRoom } from '../_room-again.ts';

export default scenario(
  {
    title:
      'When the place of the layers runs full as a pull begins, the old layer stays, and with room it is repeated',
    layouts: ['ostree'],
    notOn: {
      thin: 'a pool that is full fails the layer that runs, too: that it is measured before is all such a host promises',
    },
    firmware: ['uefi'],
    suite: 'full',
  },
  async (story) => {
    const { host, image, expect } = story;
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    // less than the update adds, whether or not libostree has measured it: ext4 keeps 16 MiB of it for itself
    const fault = spaceExhausted({ when: atMark('pulling'), leaveMiB: 24 });
    const refused = await host.upgrade(image('1.1'), { fault });
    expect.reason(refused, /space/i);
    await takenWithRoom('/var/filler', story);
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
