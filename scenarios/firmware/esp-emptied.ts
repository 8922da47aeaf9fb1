import { espEmptied, espRestored, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A host without a loader says so, and has kept everything when its loader is put back',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'mine\n');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await host.powerOff();
    await host.strike(espEmptied());
    await host.boot({ ends: 'no-loader' });
    await host.powerCut();
    await host.strike(espRestored());
    await host.boot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
    expect.defaultLayer('1.1');
    await expect.file('/etc/motd', 'mine\n');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
  },
);
