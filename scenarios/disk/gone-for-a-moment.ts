import { at, diskGone, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A disk that is gone for a moment in an upgrade, and is back, changes nothing of it',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    // back before anything that was asked of it has failed
    const fault = diskGone({ when: at('upgrade', 0.5), command: 'write', backAfterS: 0.3 });
    await host.upgrade(image('1.1'), { fault });
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
  },
);
