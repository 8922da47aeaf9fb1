import { nameNotResolved, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'An update whose repository has a name that does not resolve is refused, and later done',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'), { fault: nameNotResolved(), ends: 'refused' });
    expect.layers('1.0');
    expect.defaultLayer('1.0');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
  },
);
