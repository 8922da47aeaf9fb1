import { byteFlipped, diskError, scenario } from '../../harness/scenario.ts';

/**
 * The header of the table is the disk's second sector. What a host reads wrong elsewhere it cannot know: these layouts' file systems have
 * no checksums of files.
 */
const HEADER = { start: 512, end: 1024 };

/** The first byte of the header's own checksum, in a request that begins with either sector. */
const CHECKSUM = 512 + 16;

export default scenario(
  {
    title:
      'A partition table that is read wrong, or not at all, is made up for by the copy at the end of the disk',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    // by the firmware, which is the first to read it
    const wrong = byteFlipped({ command: 'read', range: HEADER, byte: CHECKSUM });
    const unreadable = diskError({ command: 'read', range: HEADER });
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.powerOff();
    await host.boot({ fault: wrong });
    expect.layer('1.1');
    await host.powerOff();
    await host.boot({ fault: unreadable });
    expect.layer('1.1');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
  },
);
