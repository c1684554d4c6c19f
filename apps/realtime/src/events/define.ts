import type {
  Access,
  AckResults,
  ClientEvent,
  ClientEventData,
  clientEvents,
  RateScope,
} from '@parley/contract';
import type { Caller } from '@parley/core';
import type { RealtimeContext } from '../context.ts';
import type { Session } from '../session.ts';

/** How one client event is handled; the rules are core's. */
export interface EventHandler<E extends ClientEvent> {
  readonly event: E;
  readonly schema: (typeof clientEvents)[E];
  /** Who may send it; `anyone` needs no token yet, all others come from signed-in sessions. */
  readonly access: Access;
  /** What it counts against; null counts nothing and passes by those that wait. */
  readonly rate: Extract<RateScope, 'socketMessage' | 'socketFrame'> | null;
  /** Whether later frames of the connection must wait until this one is done. Asked right before `handle`. */
  waits?(ctx: RealtimeContext, data: ClientEventData<E>): boolean;
  /** Gives what the client is answered; throws an `AppError` to refuse. */
  handle(
    ctx: RealtimeContext,
    session: Session,
    data: ClientEventData<E>,
    caller: Caller,
  ): AckResults[E] | Promise<AckResults[E]>;
}

/** A handler whose data the dispatcher has checked against its schema. */
export interface AnyHandler extends Omit<EventHandler<ClientEvent>, 'waits' | 'handle'> {
  waits?(ctx: RealtimeContext, data: unknown): boolean;
  handle(ctx: RealtimeContext, session: Session, data: unknown, caller: Caller): unknown;
}

/** Declares a handler; only checks types. */
export function defineEvent<E extends ClientEvent>(handler: EventHandler<E>): EventHandler<E> {
  return handler;
}
