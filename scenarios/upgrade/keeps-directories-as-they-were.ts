import { scenario } from '../../harness/scenario.ts';

/** One that no image has, and one in a directory that every image has. */
const [OWN, AMONG] = ['/etc/site.d', '/etc/reference-node.d'];

export default scenario(
  {
    title: 'Directories of the administrator are the same trees after two upgrades, and no deeper',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-directory-copied-into-itself'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    for (const directory of [OWN, AMONG]) {
      await host.write(`${directory}/mine.conf`, 'first\n');
      await host.write(`${directory}/below/mine.conf`, 'first, below\n');
    }
    await host.upgrade(image('1.1'));
    await host.reboot(); // where one path too many in /etc would be found, too
    expect.layer('1.1');
    for (const directory of [OWN, AMONG]) {
      await expect.file(`${directory}/mine.conf`, 'first\n');
      await host.write(`${directory}/mine.conf`, 'second\n');
      await host.remove(`${directory}/below/mine.conf`);
      await host.write(`${directory}/below/another.conf`, 'second, below\n');
    }
    await host.upgrade(image('1.2'));
    await host.reboot();
    expect.layer('1.2');
    for (const directory of [OWN, AMONG]) {
      const name = directory.replace('/etc/', '');
      await expect.file(`${directory}/mine.conf`, 'second\n');
      await expect.file(`${directory}/below/mine.conf`, null);
      await expect.file(`${directory}/below/another.conf`, 'second, below\n');
      await expect.file(`${directory}/${name}/mine.conf`, null);
      await expect.file(`${directory}/below/below/another.conf`, null);
    }
  },
);
