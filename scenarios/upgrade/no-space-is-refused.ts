import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'Without space for a new layer the upgrade is refused before anything is touched',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'smoke',
    bugs: ['thin-pool-data-full-freezes-host'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.fill({ leaveMiB: 300 });
    const refused = await host.upgrade(image('1.1'), { ends: 'refused' });
    expect.reason(refused, /space in .*pool|min-free-space/);
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.reboot();
    expect.layer('1.0');
  },
);
