import { afterBytes, layerRemoved, scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'Whoever removes the running layer by hand as an update begins loses neither it nor the new one',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    // ostree writes at the end of its pull, and tells layers by their places in a list: once one is staged, it would be another
    const updated = await host.upgrade(image('1.1'), {
      fault: layerRemoved({ when: afterBytes(1) }),
    });
    expect.answer(updated, /in use|booted/);
    expect.layers('1.0', '1.1');
    expect.defaultLayer('1.1');
    await host.reboot();
    expect.layer('1.1');
    await host.rollback();
    await host.reboot();
    expect.layer('1.0');
  },
);
