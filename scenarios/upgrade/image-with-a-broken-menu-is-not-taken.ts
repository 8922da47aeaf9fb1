import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'An image that makes a boot menu which GRUB cannot parse is undone, and the next one taken',
    layouts: ['thin'],
    notOn: {
      ostree: 'an image brings what makes the menus of the updates after it, and not its own',
    },
    firmware: ['uefi'],
    suite: 'full',
    families: ['refused'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    const failed = await host.upgrade(image('refused-broken-menu'), { ends: 'failed' });
    expect.reason(failed, /cannot parse/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    expect.layers('1.0', '1.2');
  },
);
