/**
 * The configuration that a host of the ostree layout is provisioned with when it first starts, by Ignition: see
 * https://coreos.github.io/ignition/configuration-v3_3/. It reaches the host through the firmware (`fw_cfg`).
 */

/** Where Ignition looks on QEMU. */
export const IGNITION_FW_CFG = 'opt/com.coreos/config';

/** @param sshKey public key that root and the administrator are reached with: one line, as in `authorized_keys` */
export function ignitionConfig(sshKey: string): string {
  const sshAuthorizedKeys = [sshKey.trim()];
  return JSON.stringify({
    ignition: { version: '3.3.0' },
    passwd: {
      users: [
        { name: 'root', sshAuthorizedKeys },
        { name: 'administrator', sshAuthorizedKeys, shell: '/bin/bash' },
      ],
    },
    storage: {
      files: [
        file('/etc/hostname', 'host-under-test\n'),
        file('/etc/motd', 'Provisioned by Ignition.\n'),
      ],
    },
    systemd: { units: [{ name: 'provisioned.service', enabled: true, contents: UNIT }] },
  });
}

const UNIT = `[Unit]
Description=A unit of the administrator's own

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/true

[Install]
WantedBy=multi-user.target
`;

function file(path: string, text: string): object {
  const contents = { source: `data:,${encodeURIComponent(text)}` };
  return { path, mode: 0o644, overwrite: true, contents };
}
