import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A second rollback, on the oldest layer, is refused and never leads to the newer one',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-rollback-wraps-to-newest', 'ostree-upgrade-from-rollback-confuses-order'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.reboot();
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    // what is the oldest layer then came as an update
    await host.rollback();
    await host.reboot();
    expect.layer('1.1');
    await host.rollback({ ends: 'refused' });
    expect.defaultLayer('1.1');
    expect.layers('1.1', '1.2');
    await host.reboot();
    expect.layer('1.1');
  },
);
