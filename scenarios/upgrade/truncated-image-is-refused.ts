import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'An image that is cut short is refused and changes nothing',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'quick',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    const refused = await host.upgrade(image('truncated'), { ends: 'refused' });
    expect.reason(refused, /truncated|more input|cut short/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.reboot();
    expect.layer('1.0');
  },
);
