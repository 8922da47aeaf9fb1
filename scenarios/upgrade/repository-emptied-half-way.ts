import { afterServed, repositoryEmptied, scenario } from '../../harness/scenario.ts';

/** Less than any update has to fetch, and more than the lists of what there is to fetch. */
const MID_DOWNLOAD_BYTES = 8 * 2 ** 20;

export default scenario(
  {
    title: 'When a repository loses its files half way nothing has changed, and a second try works',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'), {
      fault: repositoryEmptied({ when: afterServed(MID_DOWNLOAD_BYTES) }),
    });
    expect.layers('1.0');
    expect.defaultLayer('1.0');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
  },
);
