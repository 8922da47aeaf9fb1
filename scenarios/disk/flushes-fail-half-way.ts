import { at, diskError, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'A flush that fails half way through an upgrade leaves a host that starts as it was, or new',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), {
      fault: diskError({ when: at('upgrade', 0.5), command: 'flush' }),
      // whoever asks again is told that all is well
      ends: ['done', 'refused', 'failed'],
    });
    await host.powerCut();
    await host.boot();
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
