import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'With a full /var an upgrade changes nothing, and a host can still be rolled back',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['ostree-root-full-no-way-back'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    // less than an update that is fetched; on ostree hosts /var is where layers are, too
    await host.fill({ leaveMiB: 24, where: '/var' });
    const refused = await host.upgrade(image('1.2'), { ends: ['refused', 'failed'] });
    expect.reason(refused, /min-free-space|writing received data|space in \/var/);
    expect.defaultLayer('1.1');
    expect.layers('1.0', '1.1');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await host.remove('/var/filler');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
  },
);
