import { scenario } from '../../harness/scenario.ts';

export default scenario(
  {
    title: 'A host starts and answers its first command',
    layouts: ['thin'],
    notOn: { ostree: 'one layout is enough to measure what hostproof adds' },
    firmware: ['uefi'],
    suite: 'full',
  },
  async ({ host, image }) => {
    // an installation of its own: what is known of its start is forgotten, and others need theirs
    await host.install(image('1.0'), { append: 'hostproof.bench=1' });
    await host.boot();
  },
);
