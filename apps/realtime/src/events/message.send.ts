import { clientEvents } from '@parley/contract';
import { sendMessage } from '@parley/core';
import { defineEvent } from './define.ts';

/** Sends a message; the answer leaves as soon as the message is committed. */
export const messageSend = defineEvent({
  event: 'message.send',
  schema: clientEvents['message.send'],
  access: 'chat_member',
  rate: 'socketMessage',
  // `sendMessage` reaches the commit queue before its first `await` when the chat is cached and nothing is replied to:
  // then the next send may start at once and still comes after this one. Otherwise it must wait.
  waits: (ctx, data) =>
    (data.reply_to_message_id ?? null) !== null || ctx.core.chatCache.peek(data.chat_id) === undefined,
  async handle(ctx, session, data, caller) {
    const { message, created } = await sendMessage(ctx.core, caller, data);
    ctx.typing.sent(session.userId, message.chat_id);
    return {
      message_id: message.message_id,
      client_msg_id: message.client_msg_id,
      chat_id: message.chat_id,
      seq: message.seq,
      version: message.version,
      timestamp: message.created_at,
      ...(created ? {} : { is_repeat: true as const }),
    };
  },
});
