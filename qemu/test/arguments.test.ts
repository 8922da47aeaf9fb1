import t from 'tap';

import { escaped, qemuArguments } from '../arguments.ts';
import type { MachineDescription } from '../description.ts';

const machine: MachineDescription = {
  name: 'job,1',
  accelerator: { kind: 'tcg', cpuModel: 'Nehalem' },
  memoryMiB: 1024,
  cpus: 1,
  firmware: { kind: 'uefi', codeFile: '/fw/CODE.fd', varsFile: '/run/a,b/VARS.fd' },
  disks: [
    { id: 'system', file: '/run/a,readonly=on.qcow2', format: 'qcow2', serial: 's1', bootIndex: 1 },
    { id: 'payload', file: '/run/payload.raw', format: 'raw', readOnly: true, onError: 'report' },
    { id: 'served', socket: '/s/a,b' },
  ],
  cdroms: [{ id: 'medium', file: '/run/installer.iso', bootIndex: 0 }],
  network: { forwardedGuestPorts: [22] },
  sockets: { qmp: '/s/qmp', serial: '/s/serial' },
};

/** One option and its value per line. */
function lines(description: MachineDescription): string {
  return qemuArguments(description).join(' ').replaceAll(' -', '\n-');
}

t.test('the arguments of a whole machine', (t) => {
  t.matchSnapshot(lines(machine));
  t.end();
});

t.test('the arguments of a kernel booted directly, with RAM in a file and a display', (t) => {
  t.matchSnapshot(
    lines({
      ...machine,
      accelerator: { kind: 'kvm', cpuModel: 'host' },
      firmware: { kind: 'bios' },
      kernel: { kernelFile: '/k', initrdFile: '/i', append: 'console=ttyS0 quiet' },
      disks: [],
      cdroms: [],
      memoryFile: { file: '/ram', share: false },
      rtc: { base: '2026-01-01T00:00:00', clock: 'vm' },
      onReboot: 'shutdown',
      display: { vncSocket: '/s/vnc' },
    }),
  );
  t.end();
});

t.test('what every machine is promised', (t) => {
  const text = lines(machine);
  t.match(text, /-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny/);
  t.match(text, /-nodefaults/);
  t.match(text, /"restrict":true/);
  t.notMatch(text, /unsafe/);
  t.notMatch(text, /"no-flush":true/);
  t.notMatch(text, /0\.0\.0\.0|hostfwd=tcp::/);
  t.equal(escaped('a,b'), 'a,,b');
  t.end();
});

t.test('a machine without forwarded ports has no network device', (t) => {
  const { network: _network, ...alone } = machine;
  t.notMatch(lines(alone), /netdev/);
  t.end();
});
