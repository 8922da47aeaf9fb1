import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'An upgrade while a rollback waits for its reboot takes its place: the newest wish wins',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await host.write('/etc/motd', 'written on 1.1\n');
    await host.rollback();
    expect.defaultLayer('1.0');
    await host.upgrade(image('1.2'));
    expect.defaultLayer('1.2');
    await host.reboot();
    expect.layer('1.2');
    expect.layers('1.1', '1.2');
    await expect.file('/etc/motd', 'written on 1.1\n'); // made from what ran, not from what waited
    await host.rollback();
    expect.defaultLayer('1.1');
    await host.reboot();
    expect.layer('1.1');
    await host.settle();
  },
);
