import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A host that was rolled back can be upgraded again',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-gc-removes-base-in-use', 'thin-old-layers-inactive'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await host.write('/etc/motd', 'written after the rollback\n');
    await host.upgrade(image('1.2'));
    expect.defaultLayer('1.2');
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'written after the rollback\n');
  },
);
