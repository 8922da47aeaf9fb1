import { at, powerCut, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A power cut half way through an upgrade leaves the host on the old layer',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'quick',
    bugs: ['thin-rollback-wraps-to-newest'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), { fault: powerCut({ when: at('upgrade', 0.5) }) });
    await host.boot();
    expect.layer('1.0');
    await host.rollback({ ends: 'refused' }); // there is nothing else yet
    expect.defaultLayer('1.0');
    await host.upgrade(image('1.1')); // the interrupted upgrade can be run again
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
