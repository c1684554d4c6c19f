/** Sending (contract section 2, Messages; design, the hot path). */
import type { Media, Message, SendInput } from '@parley/contract';
import { checkChat } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';
import { AppError, isUnavailable } from '../error.ts';
import { newContext } from '../lib/events.ts';
import { mediaForSend, tellIfReady } from '../media/carry.ts';
import type { ChatRecord, Member, StoredMessage } from '../ports/stores.ts';
import { compose, type Draft, fingerprintOf } from './compose.ts';
import { type PresentParts, presentMessages } from './present.ts';
import { isVisible, type Quote, quoteOf } from './wire.ts';

type SeenParts = PresentParts & Pick<Core, 'chatCache'>;

async function quoted(
  core: Pick<Core, 'messages' | 'clock'>,
  member: Member,
  chatId: string,
  replyTo: string,
): Promise<Quote> {
  const target = (await core.messages.byIds([replyTo])).get(replyTo);
  if (!target || target.chat_id !== chatId || !isVisible(member, target.seq)) {
    throw new AppError('NOT_FOUND', 'The message replied to is not in this chat');
  }
  return quoteOf(target, core.clock.now());
}

/**
 * Stores a message durably, then publishes it. The same `client_msg_id` by the same sender gives the first message
 * (`created: false`), for ever and also when both arrive at once. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`,
 * `USER_BLOCKED`, `NOT_FOUND` (reply or media), `VALIDATION_ERROR` (a file of another type), `CONFLICT` (the id was used for something else), `SERVICE_UNAVAILABLE`.
 */
export async function sendMessage(
  core: SeenParts & Pick<Core, 'sendQueue' | 'chats' | 'publisher' | 'log'>,
  caller: Caller,
  input: SendInput,
): Promise<{ created: boolean; message: Message }> {
  const draft: Draft = {
    chat_id: input.chat_id,
    type: input.type,
    payload: input.payload,
    reply_to_message_id: input.reply_to_message_id ?? null,
    forwarded_from: null,
  };
  const replyTo = draft.reply_to_message_id;
  const fingerprint = fingerprintOf(draft);
  let chat: ChatRecord;
  let quote: Quote | null;
  let media: Media | null;
  try {
    // No await where the chat is cached, nothing is replied to and no file is carried: sends of one connection reach the queue in their order.
    const cached = core.chatCache.peek(input.chat_id) ?? (await core.chatCache.get(input.chat_id));
    const access = checkChat(cached, caller.userId, 'post');
    chat = access.chat;
    media = 'media_id' in input.payload ? await mediaForSend(core, caller, input) : null;
    quote = replyTo === null ? null : await quoted(core, access.member, input.chat_id, replyTo);
  } catch (refusal) {
    if (isUnavailable(refusal)) throw refusal;
    // A client whose answer was lost asks again, and may have been blocked or removed meanwhile: what was accepted stays so.
    const first = await firstSend(core, caller, input, fingerprint);
    if (first) return { created: false, message: first };
    throw refusal;
  }

  const message = compose(chat, draft, {
    senderId: caller.userId,
    clientMsgId: input.client_msg_id,
    fingerprint,
    context: newContext(caller),
    now: core.clock.now(),
  });
  const send = { message, quote, media, chat, queuedAt: performance.now() };
  const result = await core.sendQueue.add(send, caller.validAt);
  if (result.outcome === 'stored') {
    if (media) void tellIfReady(core, caller, media, [result.message]);
    return { created: true, message: result.message };
  }
  if (result.fingerprint !== fingerprint) {
    throw new AppError('CONFLICT', 'This client_msg_id was used for another message');
  }
  return { created: false, message: await asSeenBySender(core, caller, result.message) };
}

/** The message that this very send stored before, if it did. */
async function firstSend(
  core: SeenParts,
  caller: Caller,
  input: SendInput,
  fingerprint: string,
): Promise<Message | undefined> {
  const known = await core.messages.known(caller.userId, input.client_msg_id);
  return known?.fingerprint === fingerprint ? asSeenBySender(core, caller, known.message) : undefined;
}

async function asSeenBySender(core: SeenParts, caller: Caller, stored: StoredMessage): Promise<Message> {
  const chat = await core.chatCache.fresh(stored.chat_id);
  const [message] = chat ? await presentMessages(core, chat, caller.userId, [stored]) : [];
  if (!message) throw new AppError('CHAT_NOT_FOUND');
  return message;
}
