import { scenario } from '../../harness/scenario.ts';

/** Files that every image has in /var, and that an administrator may change. */
const [OVERRIDES, SEEN] = ['/var/lib/dpkg/statoverride', '/var/lib/pam/seen'];
/** As `dpkg-statoverride --add` writes it. */
const OVERRIDE = 'root root 0755 /usr/bin/admin-tool\n';

export default scenario(
  {
    title: 'A file in /var that an image brought stays as it was changed, whichever layer runs',
    layouts: ['thin'],
    notOn: { ostree: 'its images have nothing in /var: what is there is made on the host' },
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-shared-var-not-undone'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write(OVERRIDES, OVERRIDE);
    await host.write(SEEN, 'unix\nsite\n');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await expect.file(OVERRIDES, OVERRIDE);
    await host.write(SEEN, 'unix\n');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await expect.file(OVERRIDES, OVERRIDE);
    await expect.file(SEEN, 'unix\n');
  },
);
