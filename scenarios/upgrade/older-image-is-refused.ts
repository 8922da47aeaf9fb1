import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'An image older than the one that runs is refused, and changes nothing',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    families: ['refused'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    const refused = await host.upgrade(image('refused-older'), { ends: 'refused' });
    expect.reason(refused, /older/);
    expect.defaultLayer('1.1');
    expect.layers('1.0', '1.1');
    await host.rollback(); // what ran before is still what there is to go back to
    expect.defaultLayer('1.0');
    await host.reboot();
    expect.layer('1.0');
  },
);
