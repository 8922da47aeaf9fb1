import { at, scenario, updateTwice } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'An update that two administrators start at the same time is done, and done once',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrators\n');
    const updated = await host.upgrade(image('1.1'), {
      fault: updateTwice({ when: at('upgrade', 0.3) }),
    });
    // dnf misses the package that the first one has taken away, or has nothing to do; libostree waits, and may say that it did
    expect.answer(
      updated,
      /image-update-1\.1-1|Nothing to do|another update|sysroot lock|^status 0$/,
    );
    expect.layers('1.0', '1.1');
    expect.defaultLayer('1.1');
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'kept by the administrators\n');
    await host.upgrade(image('1.2')); // nothing of the second one is in the way
    await host.reboot();
    expect.layer('1.2');
  },
);
