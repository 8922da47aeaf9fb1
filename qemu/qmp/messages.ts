/** The messages of the QEMU Machine Protocol, parsed at the border. */
import { z } from 'zod';

const greetingSchema = z.object({
  QMP: z.object({
    version: z.object({
      qemu: z.object({ major: z.number(), minor: z.number(), micro: z.number() }),
      package: z.string(),
    }),
  }),
});

const eventSchema = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()).default({}),
  timestamp: z.object({ seconds: z.number(), microseconds: z.number() }),
});

const successSchema = z.object({ return: z.unknown(), id: z.number() });

const errorSchema = z.object({
  error: z.object({ class: z.string(), desc: z.string() }),
  id: z.number().optional(),
});

export type QmpGreeting = z.infer<typeof greetingSchema>['QMP']['version'];
export type QmpEvent = z.infer<typeof eventSchema>;

export type QmpMessage =
  | { readonly kind: 'greeting'; readonly version: QmpGreeting }
  | { readonly kind: 'event'; readonly event: QmpEvent }
  | { readonly kind: 'success'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number | undefined; readonly description: string };

/** One line of the protocol; undefined if it is none. */
export function parseMessage(line: string): QmpMessage | undefined {
  const message = parseJson(line);
  if (typeof message !== 'object' || message === null) return undefined;
  if ('event' in message) {
    const event = eventSchema.safeParse(message);
    return event.success ? { kind: 'event', event: event.data } : undefined;
  }
  if ('return' in message) {
    const success = successSchema.safeParse(message);
    if (!success.success) return undefined;
    return { kind: 'success', id: success.data.id, value: success.data.return };
  }
  if ('error' in message) {
    const error = errorSchema.safeParse(message);
    if (!error.success) return undefined;
    const { id, error: reason } = error.data;
    return { kind: 'error', id, description: `${reason.class}: ${reason.desc}` };
  }
  const greeting = greetingSchema.safeParse(message);
  return greeting.success ? { kind: 'greeting', version: greeting.data.QMP.version } : undefined;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
