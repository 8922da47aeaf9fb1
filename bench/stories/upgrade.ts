import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A host is upgraded',
    layouts: ['thin'],
    notOn: {
      ostree: 'one layout is enough to measure what recording takes: the one that writes more',
    },
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image }) => {
    // an installation of its own: what is known of its start and upgrade is forgotten, and others need theirs
    await host.install(image('1.0'), { append: 'hostproof.bench=2' });
    await host.boot();
    await host.upgrade(image('1.1'));
  },
);
