import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'An image without an /etc is refused before anything is touched, and the next one is taken',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    families: ['refused'],
    bugs: ['ostree-image-without-etc'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    const refused = await host.upgrade(image('refused-no-etc'), { ends: 'refused' });
    expect.reason(refused, /no (\/usr)?\/etc/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
  },
);
