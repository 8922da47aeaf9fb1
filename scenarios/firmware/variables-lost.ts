import { scenario, variablesLost } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A host whose firmware forgets all boots what it would have, and can be rolled back',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.powerOff();
    await host.strike(variablesLost());
    await host.boot();
    expect.layer('1.1');
    expect.defaultLayer('1.1');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
  },
);
