import { scenario } from '../../harness/scenario.ts';

/** What libostree leaves alone here: `core.min-free-space-size` of the host's repository, in place of 3 % of the file system. */
const RESERVE_MIB = 500;
/** What 1.1 has and 1.0 has not takes some 30 MiB, the whole of it some 300. */
const [TOO_LITTLE_MIB, ENOUGH_MIB] = [8, 100];

export default scenario(
  {
    title: 'What an upgrade adds must fit beside the reserve of free space, and nothing else must',
    layouts: ['ostree'],
    notOn: { thin: 'no two images share what they hold there: see upgrade/no-space-is-refused' },
    firmware: ['uefi'],
    suite: 'full',
    machineOnly: true,
    bugs: ['ostree-free-space-limit-misjudged'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.fill({ leaveMiB: RESERVE_MIB + TOO_LITTLE_MIB, where: '/var' });
    const refused = await host.upgrade(image('1.1'), { ends: 'refused' });
    expect.reason(refused, /min-free-space/);
    expect.layers('1.0');
    await host.remove('/var/filler');
    await host.fill({ leaveMiB: RESERVE_MIB + ENOUGH_MIB, where: '/var' });
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
  },
);
