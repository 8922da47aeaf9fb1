import { scenario, secondDisk } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'A host with an old installation on its second disk is upgraded and rolled back on its own',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-tags-from-second-disk'],
  },
  async ({ host, image, expect }) => {
    // another name: volume groups of the same name are told apart by nobody but who asks for their UUID
    await host.install(image('1.0'), { volumeGroup: 'former' });
    await host.strike(secondDisk());
    await host.install(image('1.0'));
    await host.boot();
    expect.layers('1.0');
    await host.upgrade(image('1.1'));
    expect.layers('1.0', '1.1');
    await host.reboot();
    expect.layer('1.1');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
  },
);
