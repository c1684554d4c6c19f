import { clientEvents } from '@parley/contract';
import { defineEvent } from './define.ts';

/** Watches users: the present state of each comes at once, changes follow. */
export const presenceSubscribe = defineEvent({
  event: 'presence.subscribe',
  schema: clientEvents['presence.subscribe'],
  access: 'signed_in',
  rate: 'socketFrame',
  async handle(ctx, session, { user_ids }) {
    await ctx.watches.subscribe(session, user_ids);
    return {};
  },
});
