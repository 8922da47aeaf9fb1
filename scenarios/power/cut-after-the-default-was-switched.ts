import { atMark, powerCut, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A power cut just after the default was switched starts the new layer, whole',
    layouts: ['thin'],
    notOn: { ostree: 'the default is switched on the way down: power/cut-after-finalising' },
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
    bugs: [
      'thin-two-update-packages-in-transaction',
      'thin-two-default-records-disagree',
      'thin-kernel-not-synced-before-entry',
    ],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), { fault: powerCut({ when: atMark('default switched') }) });
    await host.boot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
