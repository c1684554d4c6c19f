import { clientEvents } from '@parley/contract';
import { react } from '@parley/core';
import { defineEvent } from './define.ts';

/** Sets the user's reaction to a message; null takes it back. */
export const messageReact = defineEvent({
  event: 'message.react',
  schema: clientEvents['message.react'],
  access: 'chat_member',
  rate: 'socketMessage',
  // As with `message.delete`.
  waits: () => true,
  handle: (ctx, _session, data, caller) => react(ctx.core, caller, data.message_id, data.emoji),
});
