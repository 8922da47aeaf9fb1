import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'Choosing the older entry in the boot menu starts the older layer, once',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.select('1.0');
    expect.layer('1.0');
    expect.defaultLayer('1.1');
    await host.reboot();
    expect.layer('1.1');
  },
);
