import { diskError, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'Reads that fail in the first start of a new layer are asked for again, and change nothing',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.powerOff();
    await host.boot({ fault: diskError({ command: 'read', nth: 2000 }) });
    expect.layer('1.1');
  },
);
