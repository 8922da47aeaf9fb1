import { scenario } from '../../harness/scenario.ts';

/** Where the packages are that are installed again in each new layer. */
const KEPT = '/var/imgbased/persisted-rpms';

export default scenario(
  {
    title: 'Updates are not kept among the packages of the administrator, and hinder no later one',
    layouts: ['thin'],
    notOn: { ostree: 'its updates are no packages' },
    firmware: ['uefi'],
    suite: 'full',
    machineOnly: true,
    bugs: ['thin-placeholder-package-persisted'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.installPackage('admin-tool');
    for (const version of ['1.1', '1.2']) {
      await host.upgrade(image(version));
      await host.reboot();
      expect.layer(version);
      await expect.file(`${KEPT}/reference-node-image-update-${version}-1.noarch.rpm`, null);
    }
    expect.layers('1.1', '1.2');
  },
);
