/** The repository that is served to one host: it grows by every update and package, and goes with a frozen host. */
import { z } from 'zod';
import { PACKAGE_NAMES, type BuiltImage, type PackageName } from '../domain/image.ts';
import type { Images } from '../ports/images.ts';
import type { Layout, UpdateRepository } from '../ports/layout.ts';
import type { HttpService } from '../ports/shell.ts';

export interface RepositoryOptions {
  readonly images: Images;
  readonly layout: Layout;
  readonly updates: UpdateRepository;
}

type Progress = (text: string) => void;

const servedSchema = z.array(
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('update'), image: z.string() }),
    z.object({ kind: z.literal('package'), name: z.enum(PACKAGE_NAMES) }),
  ]),
);
type Served = z.infer<typeof servedSchema>;

export class Repository {
  readonly #options: RepositoryOptions;
  #served: Served = [];

  constructor(options: RepositoryOptions) {
    this.#options = options;
  }

  async withUpdate(
    image: string,
    progress: Progress,
  ): Promise<{ readonly image: BuiltImage; readonly service: HttpService }> {
    const { images, layout, updates } = this.#options;
    const built = await images.built(image, 'update', progress);
    this.#served.push({ kind: 'update', image });
    return { image: built, service: await layout.served(built.update, updates) };
  }

  async withPackage(name: PackageName, progress: Progress): Promise<HttpService> {
    const { images, layout, updates } = this.#options;
    const built = await images.package(name, progress);
    this.#served.push({ kind: 'package', name });
    return layout.served(built, updates);
  }

  /** By what it became what it is. */
  toText(): string {
    return JSON.stringify(this.#served);
  }

  /** Becomes the same once more, for a host that goes on from a frozen one: it may well be its own. */
  async restore(text: string, progress: Progress): Promise<void> {
    if (text === this.toText()) return;
    for (const one of servedSchema.parse(JSON.parse(text))) {
      if (one.kind === 'update') await this.withUpdate(one.image, progress);
      else await this.withPackage(one.name, progress);
    }
  }
}
