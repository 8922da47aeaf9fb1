import { at, diskError, scenario } from '../../harness/scenario.ts';

/** Some, so that it is not what is read ahead only, which is asked for again. */
const FAILING_READS = 5;

export default scenario(
  {
    title: 'Reads that fail in an upgrade leave a host that starts as it was, or new',
    layouts: ['thin'],
    notOn: {
      ostree:
        'not yet: when its programs cannot be read, the story ends with that instead of an update that failed',
    },
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), {
      fault: diskError({ when: at('upgrade', 0.2), command: 'read', times: FAILING_READS }),
      // what could not be read is not always needed
      ends: ['done', 'refused', 'failed'],
    });
    await host.powerCut();
    await host.boot();
    await expect.file('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
