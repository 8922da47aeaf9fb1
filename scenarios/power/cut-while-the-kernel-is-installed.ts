import { atMark, powerCut, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'Of a layer that was cut before it had a boot entry the next upgrade leaves nothing',
    layouts: ['thin'],
    notOn: { ostree: 'kernels are installed on the way down, when nobody is told of it' },
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-leftover-volumes-block-retry', 'thin-recover-keeps-orphans'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    // base and layer are made by then
    const fault = powerCut({ when: atMark('installing the kernel') });
    await host.upgrade(image('1.1'), { fault });
    await host.boot();
    expect.layer('1.0');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1')); // which recovers first; after it nothing may be left behind
    expect.defaultLayer('1.1');
    expect.layers('1.0', '1.1');
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
