import { byteFlipped, scenario } from '../../harness/scenario.ts';

/** The header of the table is the disk's second sector. */
const HEADER = { start: 512, end: 1024 };

/** The first byte of the header's own checksum, in a request that begins with either sector. */
const CHECKSUM = 512 + 16;

export default scenario(
  {
    title: "A host with a byte wrong in its partition table starts by the copy at the disk's end",
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    const fault = byteFlipped({ command: 'read', range: HEADER, byte: CHECKSUM, times: null });
    // without it Linux looks at no other table than the first
    await host.install(image('1.0'), { append: 'gpt' });
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.reboot({ fault });
    expect.layer('1.1');
    await host.rollback();
    await host.reboot({ fault });
    expect.layer('1.0');
  },
);
