import { during, powerCut, scenario } from '../../harness/scenario.ts';

/** More than a layer on trial has. */
const CUT_STARTS = 3;

export default scenario(
  {
    title: 'However many starts are cut before there is a root, a layer that has been well stays',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.reboot();
    await host.settle();
    await host.powerOff();
    for (let start = 0; start < CUT_STARTS; start++)
      await host.boot({ fault: powerCut({ when: during('boot', 'initramfs') }) });
    await host.boot();
    expect.layer('1.1');
    expect.defaultLayer('1.1');
  },
);
