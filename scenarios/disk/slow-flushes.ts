import { diskSlow, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A disk that takes its time to flush makes upgrade and restart slow, and nothing else',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
    bugs: ['ostree-finalize-times-out'],
  },
  async ({ host, image, expect }) => {
    const fault = diskSlow({ command: 'flush', ms: 300 });
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'), { fault });
    // what is staged is finalised on the way down
    await host.reboot({ fault });
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
  },
);
