import { at, flushLost, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'Flushes that are lost half way through an upgrade are made up for before the host is off',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), { fault: flushLost({ when: at('upgrade', 0.3), times: 20 }) });
    await host.powerOff();
    // what was not flushed by then goes with the power
    await host.powerCut();
    await host.boot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
