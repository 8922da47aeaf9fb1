import { diskError, scenario } from '../../harness/scenario.ts';

const MiB = 2 ** 20;
/** Where the installer puts the partition, behind that of EFI. */
const BOOT = { start: 257 * MiB, end: 1025 * MiB };
/** Of a kernel and its initramfs, which a host copies to /boot when it makes what was staged. */
const LOST_WRITES = { command: 'write', range: BOOT, nth: 5, times: 3 } as const;

export default scenario(
  {
    title:
      'Writes that fail while a staged update is made leave the old layer or the new one, whole',
    layouts: ['ostree'],
    notOn: { thin: 'an update that is done has nothing left to write' },
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.reboot({ fault: diskError(LOST_WRITES) });
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
