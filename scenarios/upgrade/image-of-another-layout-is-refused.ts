import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'An image laid out as one of another layout is refused, and the right one can be taken after it',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    families: ['refused'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    const refused = await host.upgrade(image('refused-other-layout'), { ends: 'refused' });
    expect.reason(refused, /layout|no \/usr\/etc/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.reboot();
    expect.layer('1.0');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
  },
);
