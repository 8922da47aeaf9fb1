/** Where built images come from. */
import type { Artefact, BuiltImage, ImageFacts, PackageName } from '../domain/image.ts';

export interface Images {
  /** Facts of every image in the catalogue. */
  readonly facts: () => readonly ImageFacts[];
  /** Builds the image if it is absent. @throws HostproofError `env/image-*` */
  readonly built: (
    name: string,
    purpose: 'installation' | 'update',
    progress: (text: string) => void,
  ) => Promise<BuiltImage>;
  /** A package of the administrator's, built if it is absent. @throws HostproofError `story/misuse` where hosts have none */
  readonly package: (name: PackageName, progress: (text: string) => void) => Promise<Artefact>;
}
