/** Events for the bus (contract section 5). */
import { randomUUID } from 'node:crypto';
import type { BusEvent, BusPayload, BusSubject } from '@parley/contract';
import type { Caller } from '../context.ts';
import type { EventContext } from '../ports/stores.ts';

/** Made before the change is stored, so that the event keeps its id through a crash and can be told as a repeat. */
export function newContext(caller: Caller): EventContext {
  return {
    eventId: randomUUID(),
    requestId: caller.requestId,
    trace: caller.trace ?? null,
    origin: caller.connectionId ?? null,
    session: caller.sessionId,
  };
}

export function makeEvent<S extends BusSubject>(
  subject: S,
  context: EventContext,
  payload: BusPayload<S>,
  now: number,
): BusEvent<S> {
  return {
    event_id: context.eventId,
    event_type: subject,
    timestamp: new Date(now).toISOString(),
    request_id: context.requestId,
    trace: context.trace,
    payload,
  };
}
