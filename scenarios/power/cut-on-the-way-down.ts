import { after, powerCut, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'A power cut while a host goes down after an upgrade leaves the old layer or the new one, whole',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.powerOff({ fault: powerCut({ when: after('flush', 3) }) });
    await host.boot();
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
