import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'When the new image panics, the older entry still starts',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'smoke',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('panics'));
    await host.reboot({ ends: 'panic' });
    await host.select('1.0');
    expect.layer('1.0');
    await host.rollback({ to: '1.0' });
    expect.defaultLayer('1.0');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
