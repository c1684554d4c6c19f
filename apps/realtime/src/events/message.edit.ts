import { clientEvents } from '@parley/contract';
import { editMessage } from '@parley/core';
import { defineEvent } from './define.ts';

/** Replaces the text or caption of a message of the user's own. */
export const messageEdit = defineEvent({
  event: 'message.edit',
  schema: clientEvents['message.edit'],
  access: 'message_sender',
  rate: 'socketMessage',
  // As with `message.delete`.
  waits: () => true,
  handle: (ctx, _session, data, caller) =>
    editMessage(ctx.core, caller, { id: data.message_id, payload: data.payload }),
});
