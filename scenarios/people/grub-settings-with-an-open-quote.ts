import { scenario } from '../../harness/scenario.ts';

/** What is left by a hurried edit; sourcing it ends a shell. */
const SETTINGS = `GRUB_TIMEOUT="2
GRUB_CMDLINE_LINUX="quiet $(
set -u; : "$GRUB_NOBODY_HAS_SET_THIS"
`;

export default scenario(
  {
    title: 'GRUB settings that no shell can read keep no upgrade and no rollback from its menu',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/default/grub', SETTINGS);
    await host.upgrade(image('1.1'));
    expect.defaultLayer('1.1');
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/default/grub', SETTINGS);
    await host.rollback();
    expect.defaultLayer('1.0');
    await host.reboot();
    expect.layer('1.0');
  },
);
