import { scenario } from '../../../scenario.ts';

/** Nine steps, of which the seventh fails: there is no older layer to go back to. */
export default scenario(
  {
    title: 'A host goes back to a layer that it does not have',
    layouts: ['ostree'],
    notOn: { thin: 'one layout is enough to have something that fails' },
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/one', 'first\n');
    await host.write('/run/nonce', 'only in memory\n');
    await host.write('/etc/two', 'second\n');
    await host.write('/etc/three', 'third\n');
    await host.rollback();
    await host.reboot();
    await expect.file('/etc/one', 'first\n');
  },
);
