import { scenario } from '../../harness/scenario.ts';

/** Of its file system, that libostree leaves alone. */
const RESERVE = 0.03;
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
    const { space } = await host.view();
    const reserveMiB = Math.ceil(space.layers.sizeMiB * RESERVE);
    await host.fill({ leaveMiB: reserveMiB + TOO_LITTLE_MIB, where: '/var' });
    await host.upgrade(image('1.1'), { ends: 'refused' });
    expect.layers('1.0');
    await host.remove('/var/filler');
    await host.fill({ leaveMiB: reserveMiB + ENOUGH_MIB, where: '/var' });
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
  },
);
