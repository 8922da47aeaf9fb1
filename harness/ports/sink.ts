/** Where events go. */
import type { EventBody } from '../domain/event.ts';

export type Emit = (body: EventBody) => void;
