import { scenario } from '../../harness/scenario.ts';

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
    // a host that its administrator has made his own: stories that begin like this one make it once
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.write('/etc/reference-node.conf', 'greeting=mine\n');
    await host.remove('/etc/reference-node.d/banner.conf');
    await host.write('/var/lib/data', 'shared by all layers\n');
    await host.addUser('alice', { groups: ['adm'] });
    await host.addKernelArgument('hostproof.second=2');
    await host.addKernelArgument('hostproof.first=1');
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
