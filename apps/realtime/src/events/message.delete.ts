import { clientEvents } from '@parley/contract';
import { deleteMessage } from '@parley/core';
import { defineEvent } from './define.ts';

/** Deletes a message, for the user alone or for everyone. */
export const messageDelete = defineEvent({
  event: 'message.delete',
  schema: clientEvents['message.delete'],
  access: 'chat_member',
  rate: 'socketMessage',
  // Each looks the message up first: only one after the other two changes of it take effect in the order in which they were sent.
  waits: () => true,
  handle: (ctx, _session, data, caller) =>
    deleteMessage(ctx.core, caller, { id: data.message_id, for: data.for }),
});
