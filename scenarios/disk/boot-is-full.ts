import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'On a full /boot an upgrade is refused before anything is touched, and with room it works',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    bugs: [
      'ostree-boot-full-at-finalize',
      'thin-default-points-to-deleted-lv',
      'thin-boot-size-units',
    ],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.fill({ leaveMiB: 20, where: '/boot' }); // half a kernel with its initramfs
    const refused = await host.upgrade(image('1.1'), { ends: 'refused' });
    expect.reason(refused, /space in \/boot/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.reboot();
    expect.layer('1.0');
    await host.remove('/boot/filler');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
  },
);
