import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'Without room in the metadata of the thin pool an upgrade is refused, and the host starts',
    layouts: ['thin'],
    notOn: { ostree: 'it has no thin pool' },
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-pool-metadata-not-grown'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.fill({ leaveMiB: 4, where: 'pool-metadata' }); // of 32
    const refused = await host.upgrade(image('1.1'), { ends: 'refused' });
    expect.reason(refused, /pool's metadata/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.reboot();
    expect.layer('1.0');
  },
);
