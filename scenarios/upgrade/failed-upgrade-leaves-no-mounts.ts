import { scenario } from '../../harness/scenario.ts';

/** As the first process has them: what an upgrade mounts for itself alone is gone with it. */
const MOUNTS = '/proc/1/mounts';

export default scenario(
  {
    title: 'An upgrade that fails leaves nothing mounted, and is repeated without a restart',
    layouts: ['thin'],
    notOn: { ostree: 'no image fails half way there: staging mounts nothing of the new one' },
    firmware: ['uefi'],
    suite: 'full',
    machineOnly: true,
    bugs: ['thin-mounts-left-after-failed-upgrade'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.settle();
    const mounts = await host.read(MOUNTS);
    await host.upgrade(image('fails-once'), { ends: 'failed' });
    expect.layers('1.0');
    await expect.file(MOUNTS, mounts);
    await host.upgrade(image('fails-once'));
    await expect.file(MOUNTS, mounts);
    await host.reboot();
    expect.layer('1.1.3');
  },
);
