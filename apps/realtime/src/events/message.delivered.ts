import { clientEvents } from '@parley/contract';
import { markDelivered } from '@parley/core';
import { defineEvent } from './define.ts';

/** Acknowledges that messages reached this device. */
export const messageDelivered = defineEvent({
  event: 'message.delivered',
  schema: clientEvents['message.delivered'],
  access: 'chat_member',
  rate: 'socketFrame',
  async handle(ctx, _session, data, caller) {
    await markDelivered(ctx.core, caller, data);
    return {};
  },
});
