import { scenario } from '../../harness/scenario.ts';
import { makeHisOwn } from '../_beginnings.ts';

export default scenario(
  {
    title: 'An upgrade keeps what the administrator changed and takes the rest from the new image',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'quick',
    bugs: [
      'thin-unmodified-config-stays-old',
      'thin-menu-file-emptied-by-kill',
      'thin-foreign-entries-purged-before-success',
      'thin-default-switched-before-migration-ends',
      'thin-suid-bit-lost',
      'ostree-boot-mount-lost-after-update',
      'thin-directory-copied-into-itself',
    ],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await makeHisOwn(host);
    await host.upgrade(image('1.1'));
    expect.layer('1.0');
    expect.defaultLayer('1.1');
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await expect.file('/etc/reference-node.conf', 'greeting=mine\n');
    await expect.file('/etc/reference-node.d/banner.conf', null);
    await expect.file('/etc/reference-node.d/tuning.conf', 'profile=virtual-host-1.1\n');
    await expect.file('/var/lib/data', 'shared by all layers\n');
    // what he does on the new layer does not reach the old one
    await host.write('/etc/reference-node.d/banner.conf', 'banner=back again\n');
    await host.remove('/etc/reference-node.conf');
    await host.write('/var/lib/data', 'still shared\n');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await expect.file('/etc/reference-node.conf', 'greeting=mine\n');
    await expect.file('/etc/reference-node.d/banner.conf', null);
    await expect.file('/etc/reference-node.d/tuning.conf', 'profile=virtual-host-1.0\n');
    await expect.file('/var/lib/data', 'still shared\n');
  },
);
