import { afterBytes, at, during, powerCut, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'Power cuts in an upgrade and in both starts after it leave a host that comes up',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), { fault: powerCut({ when: at('upgrade', 0.5) }) });
    // as soon as recovery has written something, and once more
    await host.boot({ fault: powerCut({ when: afterBytes(1) }) });
    await host.boot({ fault: powerCut({ when: during('boot', 'services') }) });
    await host.boot();
    expect.layer('1.0');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
