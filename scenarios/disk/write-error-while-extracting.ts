import { at, diskError, scenario } from '../../harness/scenario.ts';

/** By then the image has been fetched and unpacked, and most of its tree is on its way to the disk. */
const WHILE_EXTRACTING = at('upgrade', 0.8);

export default scenario(
  {
    title: 'A base that could not be written as a whole does not stay, whatever starts next',
    layouts: ['thin'],
    notOn: {
      ostree: 'objects come one by one, each with its checksum: see disk/write-error-half-way',
    },
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
    bugs: ['thin-truncated-extract-accepted'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    const fault = diskError({ when: WHILE_EXTRACTING, command: 'write', times: 4 });
    // whatever else is written then may have failed instead
    await host.upgrade(image('1.1'), { fault, ends: ['done', 'failed'] });
    await host.digest();
    await host.powerCut();
    await host.boot();
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
