import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'An upgrade from an older layer chosen in the boot menu is made of it, and both can be started',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.reboot();
    await host.write('/etc/motd', 'written on 1.1\n');
    await host.select('1.0');
    expect.layer('1.0');
    await host.write('/etc/motd', 'written on 1.0\n');
    await host.upgrade(image('1.2'));
    expect.defaultLayer('1.2');
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'written on 1.0\n');
    await host.rollback({ to: '1.0' });
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/etc/motd', 'written on 1.0\n');
  },
);
