import { scenario } from '../../harness/scenario.ts';

const UNITS = '/etc/systemd/system';
const MASKED = 'systemd-sysctl.service';
const DISABLED = 'reference-host-key.service';

/** Fails, and is seen to have failed, where one of the two is not as the administrator left it. */
const WATCH = `[Unit]
Description=Services are as the administrator left them
After=${MASKED} ${DISABLED}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'systemctl is-enabled ${MASKED} | grep -qx masked'
ExecStart=/bin/sh -c '! systemctl is-active --quiet ${MASKED}'
ExecStart=/bin/sh -c 'systemctl is-enabled ${DISABLED} | grep -qx disabled'
`;

export default scenario(
  {
    title: 'Services that the administrator masked, disabled and enabled are so after an upgrade',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'full',
    bugs: ['thin-disabled-service-enabled-again'],
  },
  async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    await host.write(`${UNITS}/${MASKED}`, ''); // an empty file masks as a link to /dev/null does
    await host.remove(`${UNITS}/multi-user.target.wants/${DISABLED}`);
    await host.write(`${UNITS}/watch.service`, WATCH);
    await host.write(`${UNITS}/multi-user.target.d/watch.conf`, '[Unit]\nWants=watch.service\n');
    await host.reboot();
    await host.settle();
    await host.upgrade(image('1.1'));
    await host.reboot();
    expect.layer('1.1');
    await expect.file(`${UNITS}/multi-user.target.wants/${DISABLED}`, null);
    await host.settle();
  },
);
