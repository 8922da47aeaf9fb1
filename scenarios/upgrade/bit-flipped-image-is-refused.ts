import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'An image of which one byte is another is refused, and the sound one can be taken after it',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    families: ['refused'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    const refused = await host.upgrade(image('refused-bit-flipped'), { ends: 'refused' });
    expect.reason(refused, /damaged|does not verify|corrupted file object/i);
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
