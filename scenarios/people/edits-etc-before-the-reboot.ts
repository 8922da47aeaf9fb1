import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'What is changed in /etc between an upgrade and its reboot is on the new layer',
    layouts: ['ostree'],
    notOn: {
      thin: 'its new layer has its /etc when it is made: see people/edits-etc-of-the-old-layer-before-the-reboot',
    },
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['ostree-etc-edit-after-deploy-lost'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'written before the upgrade\n');
    await host.upgrade(image('1.1'));
    await host.write('/etc/motd', 'written before the reboot\n');
    await host.write('/etc/reference-node.conf', 'greeting=mine\n');
    await host.remove('/etc/reference-node.d/banner.conf');
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'written before the reboot\n');
    await expect.file('/etc/reference-node.conf', 'greeting=mine\n');
    await expect.file('/etc/reference-node.d/banner.conf', null);
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/etc/motd', 'written before the reboot\n');
  },
);
