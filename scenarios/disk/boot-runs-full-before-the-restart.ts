import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'When /boot runs full after an update is staged, the host comes back as it was, and with room it is repeated',
    layouts: ['ostree'],
    notOn: { thin: 'an update that is done has its kernel in /boot' },
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['ostree-boot-full-at-finalize'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.fill({ leaveMiB: 20, where: '/boot' }); // half a kernel with its initramfs
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.remove('/boot/filler');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
