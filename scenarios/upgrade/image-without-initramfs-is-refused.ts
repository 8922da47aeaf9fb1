import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'An image without an initramfs is refused before anything is touched',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    families: ['refused'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    const refused = await host.upgrade(image('refused-no-initramfs'), { ends: 'refused' });
    expect.reason(refused, /initramfs/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.reboot();
    expect.layer('1.0');
  },
);
