/**
 * States of machines in the store: `states/<id>/`, with a manifest that names every file and its digest. A state is never renamed
 * and never changed, since the disks of others are overlays of its own. Large files are not synced but compared with their
 * digests, once for each inode, size, time and boot of the machine below.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateSchema, type KeptState } from '../../domain/checkpoint.ts';
import { digestOfFile } from './digest.ts';
import { readSealed, touch, writeSealed } from './sealed-file.ts';

const MANIFEST = 'manifest.json';
/** Says which files were compared with their digests, and when. */
const VERIFIED = 'verified.json';

export interface StoredState {
  readonly id: string;
  /** Null: nothing was written of what it is, or that is damaged. */
  readonly state: KeptState | null;
  /** What it takes on the disk. */
  readonly sizeBytes: number;
  readonly usedMs: number;
}

export class States {
  readonly #directory: string;
  /** Keeps states from being taken away while this process lives. */
  readonly #lease: (ids: readonly string[]) => Promise<void>;
  readonly #onDamage: (text: string) => void;

  constructor(
    directory: string,
    lease: (ids: readonly string[]) => Promise<void>,
    onDamage: (text: string) => void,
  ) {
    this.#directory = directory;
    this.#lease = lease;
    this.#onDamage = onDamage;
  }

  directoryOf(id: string): string {
    return join(this.#directory, id);
  }

  async create(): Promise<string> {
    const id = randomBytes(12).toString('hex');
    // before it is there: nobody takes it for something left behind
    await this.#lease([id]);
    await mkdir(this.directoryOf(id), { recursive: true });
    return id;
  }

  async seal(id: string, standsOn: string | null): Promise<KeptState> {
    const files: KeptState['files'] = {};
    for (const name of (await this.#files(id)).sort()) {
      const { size } = await stat(this.#file(id, name));
      files[name] = { sizeBytes: size, digest: await digestOfFile(this.#file(id, name)) };
    }
    const state = { id, place: await realpath(this.directoryOf(id)), standsOn, files };
    await this.#remember(id, Object.keys(files));
    await writeSealed(this.#file(id, MANIFEST), state);
    return state;
  }

  /**
   * The directory of a state that is whole, with all that it stands on, and where it was kept; null if not. It stays while this
   * process lives.
   */
  async open(id: string): Promise<string | null> {
    const chain: string[] = [];
    for (let next: string | null = id; next !== null;) {
      const state = await this.#manifest(next);
      // one that stands on itself is none
      if (state === null || chain.includes(next)) return null;
      // of a cache that was moved or copied: its disks would be overlays of others, or of nothing
      const place = await realpath(this.directoryOf(next)).catch(() => null);
      if (state.place !== place) return null;
      chain.push(next);
      next = state.standsOn;
    }
    await this.#lease(chain);
    for (const one of chain) {
      // it may have gone before it was leased
      const state = await this.#manifest(one);
      if (state === null || !(await this.isSound(state))) return null;
      await touch(this.#file(one, MANIFEST));
    }
    return this.directoryOf(id);
  }

  /** A damaged one is told and dropped. @param anew reads every byte, whenever that was done before */
  async isSound(state: KeptState, { anew = false } = {}): Promise<boolean> {
    const wrong = await this.#wrong(state, anew);
    if (wrong === null) return true;
    this.#onDamage(`checkpoint ${state.id}: ${wrong}`);
    await this.drop(state.id);
    return false;
  }

  async drop(id: string): Promise<void> {
    await rm(this.directoryOf(id), { recursive: true, force: true });
  }

  /** All there are. */
  async list(): Promise<StoredState[]> {
    const entries = await readdir(this.#directory, { withFileTypes: true }).catch(() => []);
    const ids = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return Promise.all(
      ids.map(async (id) => {
        const read = await readSealed(this.#file(id, MANIFEST), stateSchema);
        const state = read !== null && 'content' in read ? read.content : null;
        const sizes = await Promise.all(
          (await this.#files(id)).map((name) =>
            stat(this.#file(id, name)).then(
              ({ blocks }) => blocks * 512,
              () => 0,
            ),
          ),
        );
        const used = await stat(this.#file(id, MANIFEST)).catch(() => null);
        const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
        return { id, state, sizeBytes, usedMs: used?.mtimeMs ?? 0 };
      }),
    );
  }

  async #manifest(id: string): Promise<KeptState | null> {
    const read = await readSealed(this.#file(id, MANIFEST), stateSchema);
    if (read === null) return null;
    if ('content' in read) return read.content;
    this.#onDamage(`checkpoint ${id}: ${MANIFEST}: ${read.wrong}`);
    await this.drop(id);
    return null;
  }

  /** What is wrong with the files of a state; null if nothing is. */
  async #wrong({ id, files }: KeptState, anew: boolean): Promise<string | null> {
    const verified = anew ? {} : await this.#verified(id);
    let isKnown = true;
    for (const [name, { sizeBytes, digest }] of Object.entries(files)) {
      const file = this.#file(id, name);
      const now = await stampOf(file);
      if (now === null) return `${name} is gone`;
      if (now.size !== sizeBytes)
        return `${name} has ${now.size.toString()} bytes, not ${sizeBytes.toString()}`;
      if (verified[name] === now.text) continue;
      isKnown = false;
      if ((await digestOfFile(file)) !== digest) return `${name} is damaged`;
    }
    if (!isKnown) await this.#remember(id, Object.keys(files));
    return null;
  }

  async #verified(id: string): Promise<Record<string, unknown>> {
    const text = await readFile(this.#file(id, VERIFIED), 'utf8').catch(() => '{}');
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      return {}; // it is written without care: at worst, everything is read once more
    }
  }

  async #remember(id: string, names: readonly string[]): Promise<void> {
    const stamps = await Promise.all(
      names.map(async (name) => [name, (await stampOf(this.#file(id, name)))?.text] as const),
    );
    const text = JSON.stringify(Object.fromEntries(stamps));
    // without it, every byte is read once more the next time
    await writeFile(this.#file(id, VERIFIED), text).catch(() => undefined);
  }

  async #files(id: string): Promise<string[]> {
    const names = await readdir(this.directoryOf(id)).catch(() => []);
    return names.filter((name) => ![MANIFEST, VERIFIED].includes(name) && !name.startsWith('.'));
  }

  #file(id: string, name: string): string {
    return join(this.directoryOf(id), name);
  }
}

/** What a file is known by while it is not changed; after a restart of the machine below, what was not on its disk is gone. */
async function stampOf(
  file: string,
): Promise<{ readonly size: number; readonly text: string } | null> {
  const stats = await stat(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (stats === null) return null;
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const { ino, size, mtimeMs } = stats;
  return { size, text: [boot, ino.toString(), size.toString(), mtimeMs.toString()].join(' ') };
}
