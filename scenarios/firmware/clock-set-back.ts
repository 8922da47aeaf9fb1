import { clockSetBack, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'On a host whose clock is ten years behind, what is newer is what comes later all the same',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.powerOff();
    await host.strike(clockSetBack({ years: 10 }));
    await host.boot();
    expect.layer('1.1');
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    expect.layers('1.1', '1.2');
    await host.rollback();
    expect.defaultLayer('1.1');
    await host.reboot();
    expect.layer('1.1');
    expect.layers('1.1', '1.2');
  },
);
