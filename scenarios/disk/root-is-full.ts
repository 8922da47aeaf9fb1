import { scenario } from '../../harness/scenario.ts';
import { takenWithRoom } from '../_room-again.ts';

export default scenario(
  {
    title:
      'On a full root an upgrade is refused before anything is touched, and with room it works',
    layouts: ['thin'],
    notOn: { ostree: 'nothing can be written to its root, which has its space from /var' },
    firmware: ['uefi'],
    suite: 'full',
  },
  async (story) => {
    const { host, image, expect } = story;
    await host.install(image('1.0'));
    await host.boot();
    await host.fill({ leaveMiB: 24, where: '/' }); // less than the image, which comes as a file of its package
    const refused = await host.upgrade(image('1.1'), { ends: 'refused' });
    expect.reason(refused, /space (in|on the) \/( |$)/);
    await takenWithRoom('/filler', story);
  },
);
