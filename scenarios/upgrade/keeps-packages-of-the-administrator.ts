import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'Packages of the administrator, a kernel module among them, are kept over an upgrade',
    layouts: ['thin'],
    notOn: {
      ostree:
        'its hosts have no packages, and no place for modules of a kernel: see upgrade/keeps-a-tree-laid-over-the-image',
    },
    firmware: ['uefi'],
    suite: 'smoke',
    bugs: ['thin-unknown-product-kills-reinstall'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.installPackage('admin-tool');
    await host.installPackage('kmod-reference');
    await host.write('/etc/admin-tool.conf', 'greeting=changed by the administrator\n');
    await host.upgrade(image('1.1'));
    await host.reboot(); // a module that could not be loaded would be a failed unit
    expect.layer('1.1');
    await expect.file('/etc/admin-tool.conf', 'greeting=changed by the administrator\n');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/etc/admin-tool.conf', 'greeting=changed by the administrator\n');
  },
);
