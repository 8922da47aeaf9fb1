import { at, rebootInMidUpdate, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A host that somebody reboots in mid-update comes up, and the update can be run again',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), { fault: rebootInMidUpdate({ when: at('upgrade', 0.5) }) });
    await host.boot(); // the old layer or the new one, whole
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
