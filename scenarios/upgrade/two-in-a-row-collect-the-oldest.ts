import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'After two upgrades in a row the oldest layer is collected and nothing of it is left',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'smoke',
    bugs: [
      'thin-middle-layer-edits-lost',
      'thin-boot-fills-over-upgrades',
      'ostree-boot-unmounted-before-finalize',
      'ostree-cut-before-finalize',
      'ostree-finalize-times-out',
    ],
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
    expect.layers('1.0', '1.1');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    expect.layers('1.1', '1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await expect.file('/etc/reference-node.conf', 'greeting=mine\n');
    await expect.file('/etc/reference-node.d/banner.conf', null);
    expect.users('root', 'alice');
    expect.kernelArguments('hostproof.second=2', 'hostproof.first=1');
  },
);
