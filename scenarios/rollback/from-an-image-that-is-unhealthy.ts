import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'When the health check of the new image fails, the host goes back to the older layer by itself',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'smoke',
    bugs: ['ostree-boot-counter-never-decrements', 'ostree-fallback-not-permanent'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('unhealthy'));
    expect.defaultLayer('1.1.2');
    await host.reboot({ ends: 'fallback' });
    expect.layer('1.0');
    expect.defaultLayer('1.0');
    expect.layers('1.0', '1.1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.reboot();
    expect.layer('1.0');
    await host.settle();
  },
);
