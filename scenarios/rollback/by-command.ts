import { scenario } from '../../harness/scenario.ts';
import { makeHisOwn } from '../_beginnings.ts';

export default scenario(
  {
    title: 'A rollback by command brings the older layer back, as it was left',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'smoke',
    bugs: ['thin-efi-default-in-wrong-grubenv', 'ostree-menu-generator-fails'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await makeHisOwn(host);
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await host.write('/etc/motd', 'written on 1.1\n');
    await host.rollback();
    expect.defaultLayer('1.0');
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await expect.file('/etc/reference-node.d/tuning.conf', 'profile=virtual-host-1.0\n');
  },
);
