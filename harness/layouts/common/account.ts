/** An account as every probe tells of it, and as views have it. */
import { z } from 'zod';

const text = z.string().max(256);

export const accountSchema = z.object({
  name: text,
  uid: z.number(),
  /** Of the password field. */
  shadowSha256: text,
  /** `GID(NAME)`, its own group first. */
  groups: z.array(text).max(64),
});

export function accountOf(account: z.infer<typeof accountSchema>): string {
  const { name, uid, shadowSha256, groups } = account;
  const [own = '', ...others] = groups;
  return [name, uid.toString(), shadowSha256, [own, ...others.sort()].join(',')].join(':');
}
