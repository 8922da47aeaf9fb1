import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'Accounts, groups and kernel arguments of the administrator go from layer to layer with him',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'smoke',
    bugs: ['thin-kernel-argument-order', 'thin-identity-files-reset'],
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
    // 1.1 has an account and a group of its own, and a service that fails without them
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.users('root', 'alice');
    expect.kernelArguments('hostproof.second=2', 'hostproof.first=1');
    await host.settle();
    await host.addUser('bob');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    expect.users('root', 'alice');
    expect.kernelArguments('hostproof.second=2', 'hostproof.first=1');
    await host.settle();
  },
);
