import { scenario } from '../../harness/scenario.ts';

/** imgbased makes the new layer, /etc included, when the update is installed: who edits after that edits the old layer. */
export default scenario(
  {
    title: 'What is changed in /etc after a layer was made stays with the layer it was changed in',
    layouts: ['thin'],
    notOn: {
      ostree: 'it merges /etc when the host goes down: see people/edits-etc-before-the-reboot',
    },
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'written before the upgrade\n');
    await host.upgrade(image('1.1'));
    await host.write('/etc/motd', 'written before the reboot\n');
    await host.remove('/etc/reference-node.d/banner.conf');
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'written before the upgrade\n');
    await expect.file('/etc/reference-node.d/banner.conf', 'banner=reference node 1.1\n');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/etc/motd', 'written before the reboot\n');
    await expect.file('/etc/reference-node.d/banner.conf', null);
  },
);
