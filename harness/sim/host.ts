/** A simulated host: in memory, thin layout, same port as a real one. Nothing here runs a guest. */
import { HostproofError } from '../domain/errors.ts';
import type { FaultStamp } from '../domain/fault.ts';
import type { ImageFacts, ImageRef } from '../domain/image.ts';
import type { Json } from '../domain/json.ts';
import type { Args, BootEnd, Outcome, Result, Verb } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import type { HostState } from '../domain/checkpoint.ts';
import type { Files } from '../ports/files.ts';
import type { Host, Thawed } from '../ports/host.ts';
import { bootOf, failedUnits } from './boot.ts';
import { filledDisk, installedDisk, layerOf, withoutFiller } from './disk.ts';
import type { SimDisk, SimLayer } from './disk.ts';
import { atOnce, meeting, powerOf, struckWhileOff } from './faults.ts';
import { changed, changedEtc, isShared } from './files.ts';
import { readFrozen, writeFrozen, type Past } from './frozen.ts';
import { SimImages } from './images.ts';
import { cutAfter, effects, refusal } from './upgrade.ts';
import { viewOf, type SimRunning } from './view.ts';

export interface SimOptions {
  readonly files: Pick<Files, 'read' | 'write'>;
  readonly images: readonly ImageFacts[];
  /** Digest of a text, as views carry it. */
  readonly sha256: (text: string) => string;
}

export class SimulatedHost implements Host {
  readonly machine = 'sim';
  readonly #options: SimOptions;
  readonly #images: SimImages;
  #disk: SimDisk | null = null;
  #running: SimRunning | null = null;
  #hung = false;
  #past: Past = { mishap: false, boots: 0, hasSecond: false };

  constructor(options: SimOptions) {
    this.#options = options;
    this.#images = new SimImages(options.images, options.sha256);
  }

  state(): HostState {
    if (this.#disk === null) return 'none';
    if (this.#hung) return 'hung';
    return this.#running === null ? 'off' : 'running';
  }

  install(args: Args<'install'>): Promise<Result<'install'>> {
    const image = this.#images.named(args.image.image);
    this.#running = null;
    const root = `root:0:${this.#options.sha256('')}:root`;
    this.#disk = installedDisk(image, { users: [root], arguments: args.append?.split(' ') ?? [] });
    return Promise.resolve({ content: { usr: this.#images.content(image).usr } });
  }

  boot({ ends, fault }: Args<'boot'>): Promise<Result<'boot'>> {
    if (fault === undefined) return this.#start(this.#stored().defaultLayer, ends);
    return Promise.resolve({ ends: 'cut', stamp: atOnce(powerOf(fault)) });
  }

  reboot(args: Args<'reboot'>): Promise<Result<'reboot'>> {
    return this.#start(this.#stored().defaultLayer, args.ends);
  }

  async select(args: Args<'select'>): Promise<Result<'select'>> {
    const layer = layerOf(this.#stored(), args.version);
    await this.#start(layer.id, 'up');
    return { entry: layer.id };
  }

  powerOff({ fault }: Args<'powerOff'>): Promise<Result<'powerOff'>> {
    this.#running = null;
    return Promise.resolve(fault === undefined ? {} : { stamp: atOnce(fault) });
  }

  powerCut(): Promise<Result<'powerCut'>> {
    this.#running = null;
    this.#hung = false;
    return Promise.resolve({});
  }

  upgrade({ image: { image: name }, fault }: Args<'upgrade'>): Promise<Result<'upgrade'>> {
    const image = this.#images.named(name);
    const content = this.#images.content(image);
    const end = (
      outcome: Outcome,
      reason: string | null,
      stamp: FaultStamp | null = null,
    ): Promise<Result<'upgrade'>> => Promise.resolve({ outcome, reason, stamp, content });
    const { unfetched, power, stamp, disk } = meeting(fault, this.#stored());
    if (unfetched !== null) return end('refused', unfetched, stamp);
    const reason = refusal(this.#stored(), image);
    if (reason !== null) return end('refused', reason);
    this.#disk = disk;
    // written into the database of the layer that runs, whatever comes of it
    this.#changeRunning({ update: image.version });
    const full = refusal(disk, image);
    if (full !== null) return end('failed', full, stamp);
    if (image.wrong === 'broken-menu') return end('failed', 'GRUB cannot parse the new boot menu');
    if (image.wrong === 'fails-once' && !this.#past.mishap) {
      this.#past.mishap = true;
      return end('failed', 'a mishap');
    }
    const running = this.#runningLayer();
    const all = effects(this.#stored(), running, this.#images.ofBase(running.base), image);
    const cut = power === null ? all.length : cutAfter(power.when, all.length);
    for (const effect of all.slice(0, cut)) this.#disk = effect(this.#stored());
    if (power === null) return end('done', null, stamp);
    this.#running = null;
    return end('cut', null, { fault: power.fault, bytesWritten: cut, bytesPlanned: cut });
  }

  strike({ fault }: Args<'strike'>): Promise<Result<'strike'>> {
    if (fault.strikes === 'esp')
      this.#disk = { ...this.#stored(), hasLoader: fault.does === 'restore' };
    if (fault.strikes === 'bay') {
      if (this.#past.hasSecond) throw new HostproofError('story/misuse', 'it has a second disk');
      this.#past.hasSecond = true;
      this.#disk = { ...this.#stored(), hasLoader: false };
    }
    return Promise.resolve({ stamp: struckWhileOff(fault, this.#options.sha256) });
  }

  rollback(args: Args<'rollback'>): Promise<Result<'rollback'>> {
    const disk = this.#stored();
    const running = this.#runningLayer();
    const index = disk.layers.indexOf(running);
    const target =
      args.to === undefined
        ? disk.layers[index - 1]
        : disk.layers.find((layer) => layer.version === args.to);
    if (target === undefined) {
      return Promise.resolve({ outcome: 'refused', reason: 'there is no older layer' });
    }
    this.#disk = { ...disk, defaultLayer: target.id };
    return Promise.resolve({ outcome: 'done', reason: null });
  }

  write(args: Args<'write'>): Promise<Result<'write'>> {
    this.#change(args.path, args.content);
    return Promise.resolve({});
  }

  remove(args: Args<'remove'>): Promise<Result<'remove'>> {
    this.#disk = withoutFiller(this.#stored(), args.path);
    this.#change(args.path, undefined);
    return Promise.resolve({});
  }

  installPackage({ name }: Args<'installPackage'>): Promise<Result<'installPackage'>> {
    const running = this.#runningLayer();
    this.#changeRunning({ packages: [...new Set([...running.packages, name])] });
    return Promise.resolve({});
  }

  read(args: Args<'read'>): Promise<Result<'read'>> {
    return Promise.resolve({ content: this.#read(args.path) ?? null });
  }

  addUser({ name, groups = [] }: Args<'addUser'>): Promise<Result<'addUser'>> {
    const { users } = this.#runningLayer();
    const id = (999 + users.length).toString();
    const account = [name, id, this.#options.sha256(name), [name, ...groups].join(',')].join(':');
    this.#changeRunning({ users: [...users, account] });
    return Promise.resolve({});
  }

  addKernelArgument({ argument }: Args<'addKernelArgument'>): Promise<Result<'addKernelArgument'>> {
    const disk = this.#stored();
    const { id } = this.#runningLayer();
    const entries = disk.entries.map((entry) =>
      entry.layer === id ? { ...entry, arguments: [...entry.arguments, argument] } : entry,
    );
    this.#disk = { ...disk, entries };
    return Promise.resolve({});
  }

  fill(args: Args<'fill'>): Promise<Result<'fill'>> {
    const { disk, ...filling } = filledDisk(this.#stored(), args);
    this.#disk = disk;
    return Promise.resolve(filling);
  }

  settle(): Promise<Result<'settle'>> {
    const failed = failedUnits(this.#images.ofBase(this.#runningLayer().base));
    return Promise.resolve({ failedUnits: failed.map(({ unit }) => unit) });
  }

  view(args: { readonly watch: readonly string[] }): Promise<HostView> {
    if (this.#running === null)
      throw new HostproofError('harness/internal', 'view of a host that is off');
    const files = Object.fromEntries(
      args.watch.map((path) => {
        const content = this.#read(path);
        return [path, content === undefined ? null : this.#options.sha256(content)];
      }),
    );
    const layer = this.#runningLayer();
    const image = this.#images.ofBase(layer.base);
    const failed = failedUnits(image);
    const etc = changedEtc(layer.files, image.files, this.#options.sha256);
    return Promise.resolve(viewOf(this.#stored(), this.#running, files, failed, etc));
  }

  digest(): Promise<Result<'digest'>> {
    const bases = this.#stored().bases.map(
      (base) => [base, this.#images.content(this.#images.ofBase(base))] as const,
    );
    return Promise.resolve({ bases: Object.fromEntries(bases), damage: [] });
  }

  /** Its images are what the catalogue says of them. */
  inputs<V extends Exclude<Verb, 'view'>>(_verb: V, args: Args<V>): Promise<Json> {
    const image = 'image' in args ? this.#images.named((args.image as ImageRef).image) : null;
    return Promise.resolve({ ...image });
  }

  freeze(directory: string): Promise<void> {
    const [disk, running, hung] = [this.#disk, this.#running, this.#hung];
    [this.#disk, this.#running, this.#hung] = [null, null, false];
    return writeFrozen(this.#options.files, directory, { disk, running, hung, past: this.#past });
  }

  async thaw(directory: string): Promise<Thawed> {
    const frozen = await readFrozen(this.#options.files, directory);
    [this.#disk, this.#running, this.#hung] = [frozen.disk, frozen.running, frozen.hung];
    this.#past = frozen.past;
    return { answers: Promise.resolve() };
  }

  access(): null {
    return null;
  }

  recordFailure(): Promise<void> {
    return Promise.resolve();
  }

  evidence(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerCut();
  }

  #start(id: string | null, ends: BootEnd = 'up'): Promise<{ readonly ends: BootEnd }> {
    const booted = bootOf(this.#stored(), id, ends, ({ base }) => this.#images.ofBase(base));
    this.#running = null;
    this.#past.mishap = false;
    this.#hung = booted.end === 'panic' || booted.end === 'no-loader';
    if (booted.end !== ends) {
      throw new HostproofError(
        'host/never',
        `the boot ended in ${booted.end}, expected was ${ends}`,
      );
    }
    this.#past.boots += 1;
    const { layer, arguments: given } = booted.entry;
    const bootId = `boot-${this.#past.boots.toString()}`;
    if (!this.#hung) this.#running = { layer, bootId, arguments: given };
    if (ends === 'fallback') this.#disk = { ...this.#stored(), defaultLayer: layer };
    return Promise.resolve({ ends });
  }

  #stored(): SimDisk {
    if (this.#disk === null) throw new HostproofError('harness/internal', 'nothing is installed');
    return this.#disk;
  }

  #runningLayer(): SimLayer {
    const id = this.#running?.layer;
    const layer = this.#stored().layers.find((candidate) => candidate.id === id);
    if (layer === undefined) throw new HostproofError('harness/internal', 'no layer is running');
    return layer;
  }

  #read(path: string): string | undefined {
    return isShared(path) ? this.#stored().shared[path] : this.#runningLayer().files[path];
  }

  #change(path: string, content: string | undefined): void {
    const disk = this.#stored();
    if (isShared(path)) {
      this.#disk = { ...disk, shared: changed(disk.shared, path, content) };
      return;
    }
    this.#changeRunning({ files: changed(this.#runningLayer().files, path, content) });
  }

  #changeRunning(change: Partial<SimLayer>): void {
    const disk = this.#stored();
    const running = this.#runningLayer();
    const layers = disk.layers.map((layer) =>
      layer === running ? { ...layer, ...change } : layer,
    );
    this.#disk = { ...disk, layers };
  }
}
