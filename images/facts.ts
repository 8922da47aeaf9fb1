/** The catalogue's facts, for whoever needs no built image. */
import type { ImageFacts } from '../harness/domain/image.ts';
import { recipes } from './catalogue.ts';
import { factsOf } from './recipe.ts';

export async function catalogueFacts(): Promise<ImageFacts[]> {
  return (await recipes()).map(factsOf);
}
