import { scenario } from '../../harness/scenario.ts';

/** The last two of the six fields may be left out, and people do. */
const LINE = 'tmpfs /srv tmpfs defaults\n';

export default scenario(
  {
    title:
      'A line of four fields in fstab and the initiator name outlive an upgrade and a rollback',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-identity-files-reset'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    const fstab = `${(await host.read('/etc/fstab')) ?? ''}${LINE}`;
    await host.write('/etc/fstab', fstab);
    await host.write('/etc/iscsi/initiatorname.iscsi', 'InitiatorName=iqn.2024-01.example:host\n');
    await host.reboot(); // a mount that fails would be a failed unit
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    // in a layout whose layers have names of their own, / of the new one is the new one
    const own = fstab.replaceAll('reference-node-1.0', 'reference-node-1.1');
    await expect.file('/etc/fstab', own);
    await host.settle();
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/etc/fstab', fstab);
  },
);
