import { scenario } from '../../harness/scenario.ts';
import { makeHisOwn } from '../_beginnings.ts';

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
    await makeHisOwn(host);
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
