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
    await host.install(image('1.0'));
    await host.boot();
  },
);
