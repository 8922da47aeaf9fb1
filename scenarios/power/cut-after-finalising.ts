import { onConsole, powerCut, scenario } from '../../harness/scenario.ts';

/** What systemd says of libostree's unit: what was staged has been made, and is the default. */
const FINALISED = /Stopped .*Finalize Staged Deployment/;

export default scenario(
  {
    title: 'A power cut just after a staged update was made the default starts it, whole',
    layouts: ['ostree'],
    notOn: { thin: 'an update that is done is the default before the host goes down' },
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
    bugs: ['ostree-xfs-boot-no-freeze-after-switch'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    for (const version of ['1.1', '1.2']) {
      await host.upgrade(image(version));
      await host.powerOff({ fault: powerCut({ when: onConsole(FINALISED) }) });
      await host.boot();
      expect.layer(version);
      await expect.file('/etc/motd', 'kept by the administrator\n');
    }
  },
);
