import { resetButton, scenario, sometime } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'The reset button, pressed somewhere in an upgrade, leaves a host that comes up',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect, random }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), { fault: resetButton({ when: sometime('upgrade', random) }) });
    await host.boot();
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
