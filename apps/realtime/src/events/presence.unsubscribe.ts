import { clientEvents } from '@parley/contract';
import { defineEvent } from './define.ts';

/** Watches users no more. */
export const presenceUnsubscribe = defineEvent({
  event: 'presence.unsubscribe',
  schema: clientEvents['presence.unsubscribe'],
  access: 'self',
  rate: 'socketFrame',
  handle(ctx, session, { user_ids }) {
    ctx.watches.unsubscribe(session, user_ids);
    return {};
  },
});
