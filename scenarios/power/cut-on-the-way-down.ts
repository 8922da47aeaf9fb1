import { after, powerCut, scenario } from '../../harness/scenario.ts';

/**
 * An ostree host makes on its way down what was staged, in some 80 flushes: at the first of these it has about copied the kernel, at the
 * second it is about to switch the default, or has just done so: hosts do not write the same twice.
 */
const CUTS = [
  { version: '1.1', flush: 10 },
  { version: '1.2', flush: 50 },
] as const;

export default scenario(
  {
    title:
      'Power cuts while a host goes down after an upgrade leave the old layer or the new one, whole',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    for (const { version, flush } of CUTS) {
      await host.upgrade(image(version));
      await host.powerOff({ fault: powerCut({ when: after('flush', flush) }) });
      await host.boot();
      await expect.file('/etc/motd', 'kept by the administrator\n');
    }
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
