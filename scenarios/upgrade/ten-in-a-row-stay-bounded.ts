import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'Ten upgrades in a row take no more space than two, and the eleventh works',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    families: ['series'],
    bugs: ['thin-middle-layer-edits-lost', 'thin-boot-fills-over-upgrades'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write('/etc/motd', 'kept through all of them\n');
    const upgraded = async (number: number): Promise<void> => {
      await host.upgrade(image(`series-${number.toString()}`));
      await host.reboot();
      expect.layer(`2.${number.toString()}`);
      const before = number === 1 ? '1.0' : `2.${(number - 1).toString()}`;
      expect.layers(before, `2.${number.toString()}`);
      await expect.file('/etc/motd', 'kept through all of them\n');
    };
    await upgraded(1);
    await upgraded(2);
    const two = await host.view();
    for (let number = 3; number <= 10; number++) {
      await upgraded(number);
      expect.spaceAsIn(two);
    }
    await upgraded(11);
    expect.spaceAsIn(two);
  },
);
