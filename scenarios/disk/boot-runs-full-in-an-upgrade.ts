import { atMark, scenario, spaceExhausted } from '../../harness/scenario.ts';

export default scenario(
  {
    title:
      'When /boot runs full after it was measured, the upgrade is undone, and with room it is repeated',
    layouts: ['thin'],
    notOn: { ostree: 'its kernel is copied on the way down, and no verb hears of it there' },
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    // half a kernel with its initramfs
    const fault = spaceExhausted({ when: atMark('extracting'), where: '/boot', leaveMiB: 20 });
    await host.upgrade(image('1.1'), { fault, ends: 'failed' });
    expect.layers('1.0');
    expect.defaultLayer('1.0');
    await host.reboot();
    expect.layer('1.0');
    await host.remove('/boot/filler');
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
