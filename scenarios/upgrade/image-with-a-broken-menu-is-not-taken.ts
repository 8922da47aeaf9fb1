import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'An image that makes a boot menu which GRUB cannot parse is not taken, and the next one is',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    families: ['refused'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    // asked before it is staged, or when the menu is made
    const failed = await host.upgrade(image('refused-broken-menu'), {
      ends: ['refused', 'failed'],
    });
    expect.reason(failed, /GRUB cannot parse/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    expect.layers('1.0', '1.2');
  },
);
