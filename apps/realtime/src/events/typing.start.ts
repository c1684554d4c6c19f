import { clientEvents } from '@parley/contract';
import { defineEvent } from './define.ts';

/** Tells the others of a chat that the user types; ends by itself unless it is renewed. */
export const typingStart = defineEvent({
  event: 'typing.start',
  schema: clientEvents['typing.start'],
  access: 'chat_member',
  rate: 'socketFrame',
  async handle(ctx, session, { chat_id }, caller) {
    await ctx.typing.start(session, caller, chat_id);
    return {};
  },
});
