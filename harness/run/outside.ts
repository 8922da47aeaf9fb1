/** What a verb brings in from outside, by digest: with its arguments and the host before it, all that can change what it comes to. */
import type { Json } from '../domain/json.ts';
import type { Args, Verb } from '../domain/verb.ts';
import type { Images } from '../ports/images.ts';

export async function inputsOf<V extends Exclude<Verb, 'view'>>(
  verb: V,
  args: Args<V>,
  {
    images,
    kickstart,
    progress,
  }: {
    readonly images: Images;
    readonly kickstart: () => string;
    readonly progress: (text: string) => void;
  },
): Promise<Json> {
  switch (verb) {
    case 'install': {
      const { image } = args as Args<'install'>;
      const { iso, content } = await images.built(image.image, 'installation', progress);
      return { iso: iso?.sha256 ?? null, usr: content.usr, kickstart: kickstart() };
    }
    case 'upgrade': {
      const { image } = args as Args<'upgrade'>;
      const { update, content, treeBytes } = await images.built(image.image, 'update', progress);
      return { update: update.sha256, content: { ...content }, treeBytes };
    }
    case 'installPackage': {
      const { name } = args as Args<'installPackage'>;
      return { package: (await images.package(name, progress)).sha256 };
    }
    default:
      return {};
  }
}
