/**
 * The key that controls guests. It lives in the cache, because saved disks outlive the run that made them and know its
 * public half; it opens nothing but guests of this harness.
 */
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { HostproofError } from '../domain/errors.ts';
import { writeAtomically } from './atomic-file.ts';

export interface ControlKey {
  /** OpenSSH private key text. Never logged. */
  readonly privateKey: string;
  /** For a person's own `ssh -i`. */
  readonly privateKeyFile: string;
  /** One line, as in `authorized_keys` and in the kickstart's `sshkey`. */
  readonly publicKey: string;
}

const COMMENT = 'hostproof-control';

/** The key of this cache directory, made on first use; two first uses at once get the same key. */
export async function controlKey(cacheDirectory: string): Promise<ControlKey> {
  const file = join(cacheDirectory, 'control_ed25519');
  const known = await readKey(file);
  if (known !== undefined) return known;
  const pair = ed25519Pair(COMMENT);
  await writeAtomically(file, pair.private, { mode: 0o600, keepExisting: true });
  const made = await readKey(file);
  if (made === undefined)
    throw new HostproofError('env/io', `${file} vanished just after it was made`);
  return made;
}

/** OpenSSH texts of both halves. */
export function ed25519Pair(comment: string): Readonly<Record<'private' | 'public', string>> {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    // ssh2 1.17 drops a zero in front of the public half: one of 256 pairs is nobody's
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

async function readKey(file: string): Promise<ControlKey | undefined> {
  let privateKey: string;
  try {
    privateKey = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new HostproofError('env/io', `cannot read ${file}`, { cause: error });
  }
  await chmod(file, 0o600);
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) {
    throw new HostproofError('env/io', `${file} is not a private key: ${parsed.message}`, {
      hint: `remove ${file}: a new key is made; disks installed with the old one cannot be used any more`,
    });
  }
  return {
    privateKey,
    privateKeyFile: file,
    publicKey: `${parsed.type} ${parsed.getPublicSSH().toString('base64')} ${COMMENT}`,
  };
}
