import { during, powerCut, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'A power cut in the first start of a new layer does not send the host back to the old one',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.upgrade(image('1.1'));
    await host.powerOff();
    await host.boot({ fault: powerCut({ when: during('boot', 'services') }) });
    await host.boot();
    expect.layer('1.1');
    expect.defaultLayer('1.1');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
  },
);
