import { clientEvents } from '@parley/contract';
import { markRead } from '@parley/core';
import { defineEvent } from './define.ts';

/** Moves the user's read position up to a message. */
export const messageRead = defineEvent({
  event: 'message.read',
  schema: clientEvents['message.read'],
  access: 'chat_member',
  rate: 'socketFrame',
  handle: (ctx, _session, data, caller) => markRead(ctx.core, caller, data),
});
