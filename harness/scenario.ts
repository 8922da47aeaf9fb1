/** The one public entry for authors of stories. */
import {
  scenarioDataSchema,
  type Scenario,
  type ScenarioData,
  type StoryContext,
} from './domain/scenario.ts';

export { afterBytes, afterServed, at } from './domain/fault.ts';
export { connectionDropped } from './faults/connection-dropped.ts';
export { powerCut } from './faults/power-cut.ts';

/** A story: what it proves and where, and the function that tells it. @throws ZodError for data out of shape */
export function scenario(
  data: ScenarioData,
  story: (context: StoryContext) => Promise<void>,
): Scenario {
  return { data: scenarioDataSchema.parse(data), story };
}
