/** Everything that needs no guest: programs, disks, firmware. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import t from 'tap';

import { checkDisk, createDisk, diskInfo, overlayDisk } from '../disks.ts';
import { failureCode } from '../failure.ts';
import {
  describedFirmware,
  ensureVariables,
  findFirmware,
  forgetVariables,
  parseDescriptor,
} from '../firmware.ts';
import { findQemu, isOlder, qemuVersion, requireProgram } from '../version.ts';
import { newDirectory } from './machines.ts';

t.test('disks and overlays', async (t) => {
  const directory = newDirectory();
  const base = join(directory, 'base, with: odd name.qcow2');
  const overlay = join(directory, 'overlay.qcow2');
  await createDisk(base, 64 * 1024 * 1024);
  await overlayDisk(overlay, base);
  const info = await diskInfo(overlay);
  t.match(info, { format: 'qcow2', sizeBytes: 64 * 1024 * 1024, backingFile: base });
  t.ok(info.allocatedBytes < 1024 * 1024);
  await checkDisk(overlay);
  await t.rejects(overlayDisk(overlay, join(directory, 'absent.qcow2')), {
    code: 'env/image-absent',
  });
  writeFileSync(overlay, 'garbage');
  await t.rejects(checkDisk(overlay), { code: 'env/image-damaged' });
});

t.test('a full disk is the fault of the environment', async (t) => {
  await t.rejects(createDisk('/dev/full', 1024 * 1024), {
    code: 'env/disk-full',
    blame: 'environment',
  });
  const directory = newDirectory();
  const template = join(directory, 'VARS.fd');
  writeFileSync(template, Buffer.alloc(1024));
  const firmware = { codeFile: template, varsTemplate: template, secureBoot: false };
  await t.rejects(ensureVariables(join(directory, 'absent/VARS.fd'), firmware), { code: 'env/io' });
});

t.test(
  'variables are forgotten, and it is told whether there was anything to forget',
  async (t) => {
    const directory = newDirectory();
    const [template, own] = [join(directory, 'VARS.fd'), join(directory, 'own.fd')];
    writeFileSync(template, 'as from the factory');
    const firmware = { codeFile: template, varsTemplate: template, secureBoot: false };
    t.equal(await forgetVariables(own, firmware), null, 'none');
    await ensureVariables(own, firmware);
    t.equal(await forgetVariables(own, firmware), null, 'those of the factory');
    writeFileSync(own, 'boot this first');
    const gone = createHash('sha256').update('boot this first').digest('hex');
    t.equal(await forgetVariables(own, firmware), gone);
    t.equal(readFileSync(own, 'utf8'), 'as from the factory');
  },
);

t.test('QEMU and its tools are found, or missed with a hint', async (t) => {
  const build = await findQemu();
  t.match(await qemuVersion(build), /^\d+\.\d+/);
  const path = process.env['PATH'];
  process.env['PATH'] = newDirectory();
  try {
    await t.rejects(findQemu(), { code: 'env/no-qemu', blame: 'environment', hint: /install/ });
    await t.rejects(requireProgram('setpriv', 'util-linux'), {
      code: 'env/missing-tool',
      hint: /util-linux/,
    });
  } finally {
    process.env['PATH'] = path;
  }
  t.ok(isOlder('5.2.0 (Debian)', '7.2'));
  t.notOk(isOlder('7.2.22', '7.2'));
  t.notOk(isOlder('10.0.2', '7.2'));
});

t.test(
  'firmware is found, or its descriptors are read, and each machine has its own variables',
  async (t) => {
    const found = await findFirmware();
    t.ok(statSync(found.codeFile).size > 0);
    t.notOk(found.secureBoot);

    const directory = newDirectory();
    const descriptors = join(directory, 'firmware');
    mkdirSync(descriptors);
    const code = join(directory, 'CODE.fd');
    const vars = join(directory, 'VARS.fd');
    writeFileSync(code, 'code');
    writeFileSync(vars, 'vars');
    const descriptor = (features: string[], executable = code): string =>
      JSON.stringify({
        'interface-types': ['uefi'],
        mapping: {
          device: 'flash',
          executable: { filename: executable, format: 'raw' },
          'nvram-template': { filename: vars, format: 'raw' },
        },
        targets: [{ architecture: 'x86_64', machines: ['pc-q35-*'] }],
        features,
      });
    writeFileSync(join(descriptors, '10-secure.json'), descriptor(['secure-boot']));
    writeFileSync(join(descriptors, '20-gone.json'), descriptor([], '/nonexistent'));
    writeFileSync(join(descriptors, '30-broken.json'), '{');
    t.match(await findFirmware([], [descriptors]), { codeFile: code, secureBoot: true });
    writeFileSync(join(descriptors, '60-plain.json'), descriptor([]));
    t.match(await findFirmware([], [descriptors]), { codeFile: code, secureBoot: false });
    t.equal((await describedFirmware([descriptors])).length, 2);
    await t.rejects(findFirmware([], ['/nonexistent']), { code: 'env/no-firmware' });
    t.equal(parseDescriptor('[]'), undefined);

    const own = join(directory, 'own.fd');
    const firmware = { codeFile: code, varsTemplate: vars, secureBoot: false };
    await ensureVariables(own, firmware);
    writeFileSync(own, 'changed by the guest');
    await ensureVariables(own, firmware);
    t.equal(readFileSync(own, 'utf8'), 'changed by the guest');
  },
);

t.test('what QEMU says is sorted by who is to blame', (t) => {
  t.equal(failureCode('Could not write: No space left on device'), 'env/disk-full');
  t.equal(failureCode('Failed to get "write" lock'), 'env/lock');
  t.equal(failureCode('could not set up host forwarding rule'), 'env/network');
  t.equal(failureCode('Image is not in qcow2 format'), 'env/image-damaged');
  t.equal(failureCode('anything else'), 'env/qemu-start');
  t.end();
});
