import { at, diskError, scenario } from '../../harness/scenario.ts';

/** Some, so that it is no block that is written again with the next. */
const FAILING_WRITES = 8;

export default scenario(
  {
    title:
      'Writes that fail half way through an upgrade leave a host that starts as it was, or new',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('1.1'), {
      fault: diskError({ when: at('upgrade', 0.5), command: 'write', times: FAILING_WRITES }),
      // a file whose blocks are bad is not always needed any more
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
