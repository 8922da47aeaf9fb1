import { scenario } from '../../harness/scenario.ts';

/**
 * What an ostree host keeps of an administrator's additions: programs in a tree of their own in `/var`, laid over `/usr` of
 * whatever deployment runs, and their settings in `/etc`. It cannot keep what must be part of the image: modules of the
 * kernel, anything in the initramfs. That needs a commit of one's own, which the next update replaces.
 */
export default scenario(
  {
    title: 'A tree that the administrator lays over an image is kept over upgrade and rollback',
    layouts: ['ostree'],
    notOn: { thin: 'its hosts have packages: see upgrade/keeps-packages-of-the-administrator' },
    firmware: ['uefi'],
    suite: 'smoke',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.installPackage('admin-tool');
    await host.write('/etc/admin-tool.conf', 'greeting=changed by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/admin-tool.conf', 'greeting=changed by the administrator\n');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/etc/admin-tool.conf', 'greeting=changed by the administrator\n');
  },
);
