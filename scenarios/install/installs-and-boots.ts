import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A host is installed from its medium and starts from its own disk',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'quick',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    expect.layer('1.0');
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await expect.file('/etc/reference-node.conf', 'greeting=welcome to 1.0\n');
    await host.settle();
    await host.reboot();
    expect.layer('1.0');
  },
);
