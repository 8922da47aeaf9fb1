import { referenceNode } from '../reference-node.ts';

const HEALTH = `#!/bin/sh
# This version cannot do its work, and says so.
echo 'reference-node: the health check of 1.1.2 always fails' >&2
exit 1
`;

export default referenceNode({
  name: 'unhealthy',
  title: 'an update that boots, and whose health service fails',
  detail: 'It is taken and starts in vain, twice. Then the host must go back by itself.',
  example: "host.upgrade(image('unhealthy')); host.reboot({ ends: 'fallback' })",
  version: '1.1.2',
  notes: 'Reference Node 1.1.2: its health check fails.',
  wrong: 'unhealthy',
  files: { '/usr/libexec/reference-node/health': { text: HEALTH, executable: true } },
});
