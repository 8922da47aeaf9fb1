import { scenario } from '../../harness/scenario.ts';
import { makeHisOwn } from '../_beginnings.ts';

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
    await makeHisOwn(host);
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
