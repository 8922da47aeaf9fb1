import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'An image that is not what its digest says is refused, and the right one can be taken after it',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    families: ['refused'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    const refused = await host.upgrade(image('refused-wrong-digest'), { ends: 'refused' });
    expect.reason(refused, /digest|checksum|another one/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
  },
);
