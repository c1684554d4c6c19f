import type { ClientEvent } from '@parley/contract';
import { auth } from './auth.ts';
import type { AnyHandler, EventHandler } from './define.ts';
import { messageDelete } from './message.delete.ts';
import { messageDelivered } from './message.delivered.ts';
import { messageEdit } from './message.edit.ts';
import { messageReact } from './message.react.ts';
import { messageRead } from './message.read.ts';
import { messageSend } from './message.send.ts';
import { ping } from './ping.ts';
import { presenceSubscribe } from './presence.subscribe.ts';
import { presenceUnsubscribe } from './presence.unsubscribe.ts';
import { sync } from './sync.ts';
import { typingStart } from './typing.start.ts';
import { typingStop } from './typing.stop.ts';

/** One handler for each event of the contract. */
export const handlers: { readonly [E in ClientEvent]: EventHandler<E> } = {
  auth,
  'message.send': messageSend,
  'message.delivered': messageDelivered,
  'message.read': messageRead,
  'message.delete': messageDelete,
  'message.edit': messageEdit,
  'message.react': messageReact,
  'typing.start': typingStart,
  'typing.stop': typingStop,
  'presence.subscribe': presenceSubscribe,
  'presence.unsubscribe': presenceUnsubscribe,
  sync,
  ping,
};

const byName = new Map<unknown, AnyHandler>(Object.entries(handlers));

/** The handler of an event that a client named; undefined where there is none. */
export function handlerOf(event: unknown): AnyHandler | undefined {
  return byName.get(event);
}
