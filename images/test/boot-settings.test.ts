/** With which kernel arguments the installer has a host start. */
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const LIB = join(import.meta.dirname, '../guest/installer/lib');

/** What comes of the arguments of a kickstart, which names a console: the installer's own are this machine's here. */
async function argumentsOf(append: string): Promise<string> {
  const program = `
    NL='\n' TAB='\t'
    for file in plan words configure; do . "$1/$file.sh"; done
    PLAN="bootloader\ttimeout=3\tappend=$2"
    boot_settings
    printf %s "$BOOT_APPEND"`;
  return (await execa('sh', ['-euc', program, 'sh', LIB, append])).stdout;
}

t.test('file systems are repaired with nobody there, unless the kickstart says how', async (t) => {
  t.equal(await argumentsOf('console=tty0'), 'fsck.repair=yes console=tty0');
  const strict = 'console=tty0 fsck.repair=preen quiet';
  t.equal(await argumentsOf(strict), strict);
});
