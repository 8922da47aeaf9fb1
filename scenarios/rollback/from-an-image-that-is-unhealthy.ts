import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'When the health check of the new image fails, the older layer is offered, and can be made the default',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'smoke',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'written on 1.0\n');
    await host.upgrade(image('unhealthy'));
    await host.reboot({ ends: 'unhealthy' });
    expect.layer('1.1.2');
    await host.write('/etc/motd', 'written on 1.1.2\n');
    await host.select('1.0');
    expect.layer('1.0');
    expect.defaultLayer('1.1.2');
    await expect.file('/etc/motd', 'written on 1.0\n');
    await host.rollback({ to: '1.0' });
    expect.defaultLayer('1.0');
    await host.reboot();
    expect.layer('1.0');
    await host.settle();
  },
);
