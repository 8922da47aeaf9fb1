import { repositoryDown, repositorySlow, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'An update from a repository that is down is refused, and from a slow one it is done',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'), { fault: repositoryDown(), ends: 'refused' });
    expect.layers('1.0');
    expect.defaultLayer('1.0');
    await host.upgrade(image('1.1'), { fault: repositorySlow({ bytesPerSecond: 3 * 2 ** 20 }) });
    await host.reboot();
    expect.layer('1.1');
  },
);
