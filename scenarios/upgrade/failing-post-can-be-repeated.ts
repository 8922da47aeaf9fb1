import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'An upgrade that fails half way leaves the old layer the default, and can be repeated',
    layouts: ['thin'],
    notOn: {
      ostree:
        'no transaction of a package manager that could end with a warning: staging is repeated as it is',
    },
    firmware: ['uefi'],
    suite: 'smoke',
    bugs: [
      'thin-default-switched-before-migration-ends',
      'thin-failed-script-then-nothing-to-do',
      'thin-foreign-entries-purged-before-success',
    ],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept by the administrator\n');
    await host.upgrade(image('fails-once'), { ends: 'failed' });
    expect.defaultLayer('1.0');
    expect.layers('1.0');
    await host.upgrade(image('fails-once')); // the package manager has it as installed by now
    expect.defaultLayer('1.1.3');
    await host.reboot();
    expect.layer('1.1.3');
    await expect.file('/etc/motd', 'kept by the administrator\n');
  },
);
