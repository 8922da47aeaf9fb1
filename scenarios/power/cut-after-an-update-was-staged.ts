import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'Power that is lost after a second update was staged leaves the host as it was',
    layouts: ['ostree'],
    notOn: { thin: 'an update that is done is the default' },
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
    bugs: ['ostree-cut-before-finalize'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.reboot();
    await host.upgrade(image('1.2'));
    await host.powerCut();
    await host.boot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.rollback(); // the kernel of the layer that 1.2 would have replaced is there still
    await host.reboot();
    expect.layer('1.0');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
