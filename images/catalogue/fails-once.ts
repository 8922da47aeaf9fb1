import { referenceNode } from '../reference-node.ts';

export default referenceNode({
  name: 'fails-once',
  title: 'an update that a mishap on the host undoes, and that can be repeated',
  detail:
    'Thin hosts only: the first attempt must leave the old layer the default, the second be done.',
  example:
    "host.upgrade(image('fails-once'), { ends: 'failed' }); host.upgrade(image('fails-once'))",
  version: '1.1.3',
  notes: 'Reference Node 1.1.3: the first attempt to take it in fails half way.',
  wrong: 'fails-once',
  tamper: { kind: 'fails-once' },
});
