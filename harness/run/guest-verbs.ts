/** The verbs that a running host is asked for through its shell: by plain commands, or by what its layout knows. */
import { HostproofError } from '../domain/errors.ts';
import type { Args, Result } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import type { StepContext } from '../ports/host.ts';
import type { Layout, LayoutContext } from '../ports/layout.ts';
import { onLoopback } from './armed-line.ts';
import { addUser, readFile, removeFile, settled, writeFile } from './guest-commands.ts';
import type { Power } from './power.ts';
import type { Repository } from './repository.ts';

export interface GuestOptions {
  readonly power: Power;
  readonly layout: Layout;
  readonly repository: Repository;
  readonly guestScript: (path: string) => string;
}

export class GuestVerbs {
  readonly #options: GuestOptions;
  constructor(options: GuestOptions) {
    this.#options = options;
  }

  /** What is done through the shell of a running host ends at once, too, when the machine or its console gives it up. */
  on<T>(
    what: string,
    context: StepContext,
    body: (guest: LayoutContext, step: StepContext) => Promise<T>,
  ): Promise<T> {
    return this.#options.power.watched(what, context, (signal) => {
      const step = { ...context, signal };
      return body(this.context(step), step);
    });
  }

  /** What a layout gets to work with. */
  context(context: StepContext): LayoutContext {
    return {
      shell: this.#options.power.shell,
      deadlineMs: context.limitMs,
      signal: context.signal,
      progress: context.progress,
      guestScript: this.#options.guestScript,
    };
  }

  async rollback(args: Args<'rollback'>, context: StepContext): Promise<Result<'rollback'>> {
    const layer = context.lastView?.layers.find((candidate) => candidate.version === args.to);
    if (args.to !== undefined && layer === undefined && args.ends !== 'refused') {
      throw new HostproofError('story/misuse', `no layer of version ${args.to} was seen so far`);
    }
    // one that is not there is for the layout to refuse
    const to = layer?.id ?? args.to ?? null;
    return this.on('rolling back', context, (guest) => this.#options.layout.rollback(guest, to));
  }

  async write(args: Args<'write'>, context: StepContext): Promise<Result<'write'>> {
    await this.on('writing a file', context, ({ shell }, step) => writeFile(shell, args, step));
    return {};
  }

  async remove(args: Args<'remove'>, context: StepContext): Promise<Result<'remove'>> {
    await this.on('removing a file', context, ({ shell }, step) => removeFile(shell, args, step));
    return {};
  }

  async addUser(args: Args<'addUser'>, context: StepContext): Promise<Result<'addUser'>> {
    await this.on('adding a user', context, ({ shell }, step) => addUser(shell, args, step));
    return {};
  }

  async addKernelArgument(
    { argument }: Args<'addKernelArgument'>,
    context: StepContext,
  ): Promise<Result<'addKernelArgument'>> {
    await this.on('adding a kernel argument', context, (guest) =>
      this.#options.layout.addKernelArgument(guest, argument),
    );
    return {};
  }

  async read(args: Args<'read'>, context: StepContext): Promise<Result<'read'>> {
    const content = await this.on('reading a file', context, ({ shell }, step) =>
      readFile(shell, args, step),
    );
    return { content };
  }

  async installPackage(
    { name }: Args<'installPackage'>,
    context: StepContext,
  ): Promise<Result<'installPackage'>> {
    const { layout, power, repository } = this.#options;
    const packages = await repository.withPackage(name, context.progress);
    await using service = await power.shell.serve(packages);
    await this.on('installing a package', context, (guest) =>
      layout.installPackage(guest, name, onLoopback(service)),
    );
    return {};
  }

  async fill(args: Args<'fill'>, context: StepContext): Promise<Result<'fill'>> {
    return await this.on('filling', context, (guest) => this.#options.layout.fill(guest, args));
  }

  async settle(_args: Args<'settle'>, context: StepContext): Promise<Result<'settle'>> {
    const failedUnits = await this.on('settling', context, ({ shell }, step) =>
      settled(shell, step),
    );
    return { failedUnits };
  }

  view(args: { readonly watch: readonly string[] }, context: StepContext): Promise<HostView> {
    return this.on('observing', context, (guest) =>
      this.#options.layout.observe(guest, args.watch),
    );
  }

  digest(_args: Args<'digest'>, context: StepContext): Promise<Result<'digest'>> {
    return this.on('reading the bases', context, (guest) => this.#options.layout.digest(guest));
  }
}
