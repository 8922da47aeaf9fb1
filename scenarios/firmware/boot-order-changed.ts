import { bootOrderChanged, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'A host that is no longer first in the boot order of its firmware boots what it would have',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.powerOff();
    await host.strike(bootOrderChanged());
    await host.boot();
    expect.layer('1.0');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.defaultLayer('1.1');
  },
);
