import { referenceNode } from '../reference-node.ts';

/** The account is made where it is missing, each time the host starts: whoever was there before keeps his. */
const SYSUSERS = `u reference-agent - "Agent of the reference node"
`;

/** Debian would look only after a whole new /usr, by its date; images have none. */
const EVERY_START = `[Unit]
ConditionNeedsUpdate=
`;

/** Fails, and is seen to have failed, where this version's account or group is missing. */
const AGENT = `[Unit]
Description=The agent of the reference node

[Service]
Type=oneshot
RemainAfterExit=yes
User=reference-agent
Group=reference-agent
ExecStart=/usr/bin/true
`;

const WANTS_AGENT = `[Unit]
Wants=reference-agent.service
`;

const UNITS = '/usr/lib/systemd/system';

export default referenceNode({
  name: '1.1',
  title: 'the first update: another default in /etc, another package, an account of its own',
  version: '1.1',
  notes:
    'Reference Node 1.1: adds the package tree and an agent with an account of its own, changes the tuning profile.',
  packages: ['tree'],
  files: {
    '/usr/share/hostproof/only-in-1.1': { text: 'here for one version\n' },
    '/usr/lib/sysusers.d/reference-agent.conf': { text: SYSUSERS },
    [`${UNITS}/systemd-sysusers.service.d/every-start.conf`]: { text: EVERY_START },
    [`${UNITS}/reference-agent.service`]: { text: AGENT },
    [`${UNITS}/multi-user.target.d/reference-agent.conf`]: { text: WANTS_AGENT },
  },
});
