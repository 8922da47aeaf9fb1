import { after, onConsole, powerCut, scenario } from '../../harness/scenario.ts';

/** What systemd says of libostree's unit: what was staged has been made, and is the default. */
const FINALISED = /Stopped .*Finalize Staged Deployment/;

export default scenario(
  {
    title:
      'Power cuts around the switch of the default leave a host old or new, and then new, whole',
    layouts: ['ostree'],
    notOn: { thin: 'an update that is done is the default before the host goes down' },
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'));
    // of some 80; the kernel is copied, menu and entries are being written
    await host.powerOff({ fault: powerCut({ when: after('flush', 50) }) });
    await host.boot();
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.2'));
    await host.powerOff({ fault: powerCut({ when: onConsole(FINALISED) }) });
    await host.boot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.reboot();
    expect.layer('1.2');
  },
);
