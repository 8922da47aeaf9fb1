/** The images that simulated hosts are made of: what the catalogue says of them. */
import { HostproofError } from '../domain/errors.ts';
import type { ImageFacts, TreeContent } from '../domain/image.ts';

export class SimImages {
  readonly #images: readonly ImageFacts[];
  readonly #sha256: (text: string) => string;

  constructor(images: readonly ImageFacts[], sha256: (text: string) => string) {
    this.#images = images;
    this.#sha256 = sha256;
  }

  named(name: string): ImageFacts {
    const image = this.#images.find((candidate) => candidate.name === name);
    if (image === undefined)
      throw new HostproofError('story/argument', `there is no image ${name}`);
    return image;
  }

  /** The one that a base was made from. */
  ofBase(base: string): ImageFacts {
    const image = this.#images.find((candidate) => candidate.nvr === base);
    if (image === undefined) throw new HostproofError('harness/internal', `no image made ${base}`);
    return image;
  }

  /** A simulated image holds nothing but its name. */
  content({ name }: ImageFacts): TreeContent {
    return { usr: this.#sha256(`${name} /usr`), rest: this.#sha256(name) };
  }
}
