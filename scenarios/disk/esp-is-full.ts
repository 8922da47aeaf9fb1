import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A full EFI system partition keeps no host from being upgraded and rolled back',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.fill({ leaveMiB: 1, where: '/boot/efi' });
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
  },
);
