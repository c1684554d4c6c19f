import { clientEvents } from '@parley/contract';
import { defineEvent } from './define.ts';

/** Tells the others of a chat that the user stopped typing. */
export const typingStop = defineEvent({
  event: 'typing.stop',
  schema: clientEvents['typing.stop'],
  access: 'chat_member',
  rate: 'socketFrame',
  async handle(ctx, session, { chat_id }, caller) {
    await ctx.typing.stop(session, caller, chat_id);
    return {};
  },
});
