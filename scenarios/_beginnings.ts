/** How several stories begin: word for word, since only what begins alike is made once. */
import type { StoryHost } from '../harness/scenario.ts';

/** What an administrator does to a host before anybody upgrades it. `/etc/reference-node.conf` is another in the image 1.1, too. */
export async function makeHisOwn(host: StoryHost): Promise<void> {
  await host.write('/etc/motd', 'kept by the administrator\n');
  await host.write('/etc/reference-node.conf', 'greeting=mine\n');
  await host.remove('/etc/reference-node.d/banner.conf');
  await host.write('/var/lib/data', 'shared by all layers\n');
  await host.addUser('alice', { groups: ['adm'] });
  await host.addKernelArgument('hostproof.second=2');
  await host.addKernelArgument('hostproof.first=1');
}
