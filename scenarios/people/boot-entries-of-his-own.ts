import { scenario } from '../../harness/scenario.ts';

const ENTRIES = '/boot/loader/entries';
/** It is never started; what is told is what it does to the others. */
const RESCUE = 'title Rescue\nlinux /rescue/kernel\ninitrd /rescue/initramfs\n';

export default scenario(
  {
    title:
      'Boot entries without a root, with a variable and with an open quote harm no upgrade and no rollback',
    layouts: ['thin'],
    notOn: {
      ostree:
        'libostree replaces the directory of the entries as a whole: there is no place for others',
    },
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-entry-without-root-breaks-parsing'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/boot/rescue/kernel', 'a kernel of another system\n');
    await host.write('/boot/rescue/initramfs', 'and its initramfs\n');
    await host.write(`${ENTRIES}/rescue.conf`, RESCUE);
    await host.write(`${ENTRIES}/rescue-with-more.conf`, `${RESCUE}options rescue $kernelopts\n`);
    await host.write(`${ENTRIES}/rescue-half.conf`, `${RESCUE}options rescue note="to be\n`);
    await host.upgrade(image('1.1'));
    expect.defaultLayer('1.1');
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
    await expect.file(`${ENTRIES}/rescue.conf`, RESCUE);
    await host.rollback();
    expect.defaultLayer('1.0');
    await host.reboot();
    expect.layer('1.0');
  },
);
