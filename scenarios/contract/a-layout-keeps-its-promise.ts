import { at, powerCut, scenario } from '../../harness/scenario.ts';

/**
 * What every layout must be able to do, in the life of one host: a new layout is its adapter, its images, and this. That an image
 * is refused which is cut short has a story of its own: a host that has had some of a sound one may lack nothing of it.
 */
export default scenario(
  {
    title:
      'A layout installs, upgrades, survives a cut, rolls back, collects, and refuses nonsense',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    storage: ['ext4-boot', 'xfs-boot'],
    suite: 'quick',
    bugs: ['thin-rollback-wraps-to-newest'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    expect.layer('1.0');
    expect.defaultLayer('1.0');
    expect.layers('1.0');

    // an interrupted upgrade leaves the old layer and nothing else, and can be run again
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), { fault: powerCut({ when: at('upgrade', 0.5) }) });
    await host.boot();
    expect.layer('1.0');
    await host.rollback({ ends: 'refused' });
    expect.defaultLayer('1.0');
    await host.upgrade(image('1.1'));
    expect.layer('1.0');
    expect.defaultLayer('1.1');
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.0', '1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');

    // back by command, and for one start forward by the boot menu
    await host.write('/var/lib/data', 'common to all layers\n');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
    await expect.file('/var/lib/data', 'common to all layers\n');
    await host.select('1.1');
    expect.layer('1.1');
    expect.defaultLayer('1.0');

    // nonsense is refused, and nothing changes
    await host.rollback({ to: '9.9', ends: 'refused' });
    expect.layers('1.0', '1.1');
    expect.defaultLayer('1.0');

    // what is neither running nor new is collected
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    expect.layers('1.1', '1.2');
    await host.upgrade(image('1.2')); // that is there already
    expect.layers('1.1', '1.2');
    expect.defaultLayer('1.2');
  },
);
