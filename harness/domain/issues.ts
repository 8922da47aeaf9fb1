/** What zod finds wrong, in one line for people. */
import type { z } from 'zod';

/** Each issue with the path of its value, `disks.0.size: must be …`; one of the whole has no path. */
export function issuesOf({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}
