/** Sending (contract section 2, Messages; design, the hot path). */
import { hash } from 'node:crypto';
import { type Message, mediaTypes, type ReplyPreview, type SendInput } from '@parley/contract';
import { checkChat, presentMembers } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';
import { AppError, isUnavailable } from '../error.ts';
import { newContext } from '../lib/events.ts';
import { newId } from '../lib/ids.ts';
import type { ChatRecord, Member, StoredMessage } from '../ports/stores.ts';
import { readsVisibleIn } from './receipts.ts';
import type { QueuedSend } from './send-queue.ts';
import { isVisible, replyPreviewOf, statusFor, toWire } from './wire.ts';

/** Tells a repeated send from another one that reuses its id; not a secret, so a short digest will do. */
function fingerprintOf(input: SendInput): string {
  const canonical = JSON.stringify([
    input.chat_id,
    input.type,
    Object.entries(input.payload).sort(([a], [b]) => (a < b ? -1 : 1)),
    input.reply_to_message_id ?? null,
  ]);
  return hash('sha256', canonical, 'base64url').slice(0, 32);
}

async function previewOfReply(
  core: Pick<Core, 'messages'>,
  member: Member,
  chatId: string,
  replyTo: string,
): Promise<ReplyPreview> {
  const target = (await core.messages.byIds([replyTo])).get(replyTo);
  if (!target || target.chat_id !== chatId || !isVisible(member, target.seq)) {
    throw new AppError('NOT_FOUND', 'The message replied to is not in this chat');
  }
  return replyPreviewOf(target);
}

/**
 * Stores a message durably, then publishes it. The same `client_msg_id` by the same sender gives the first message
 * (`created: false`), for ever and also when both arrive at once. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`,
 * `USER_BLOCKED`, `NOT_FOUND` (reply or media), `CONFLICT` (the id was used for something else), `SERVICE_UNAVAILABLE`.
 */
export async function sendMessage(
  core: Pick<Core, 'chatCache' | 'chats' | 'messages' | 'privacy' | 'sendQueue' | 'clock'>,
  caller: Caller,
  input: SendInput,
): Promise<{ created: boolean; message: Message }> {
  const fingerprint = fingerprintOf(input);
  const replyTo = input.reply_to_message_id ?? null;
  let chat: ChatRecord;
  let replyPreview: ReplyPreview | null;
  try {
    // No await where the chat is cached and nothing is replied to: sends of one connection reach the queue in their order.
    const cached = core.chatCache.peek(input.chat_id) ?? (await core.chatCache.get(input.chat_id));
    const access = checkChat(cached, caller.userId, 'post');
    chat = access.chat;
    if ((mediaTypes as readonly string[]).includes(input.type)) {
      // No file can have been uploaded yet, so every media_id is unknown.
      throw new AppError('NOT_FOUND', 'There is no such media file');
    }
    replyPreview =
      replyTo === null ? null : await previewOfReply(core, access.member, input.chat_id, replyTo);
  } catch (refusal) {
    if (isUnavailable(refusal)) throw refusal;
    // A client whose answer was lost asks again, and may have been blocked or removed meanwhile: what was accepted stays so.
    const first = await firstSend(core, caller, input, fingerprint);
    if (first) return { created: false, message: first };
    throw refusal;
  }

  const send: QueuedSend = {
    message: {
      message_id: newId(),
      chat_id: input.chat_id,
      sender_id: caller.userId,
      client_msg_id: input.client_msg_id,
      type: input.type,
      payload: input.payload,
      reply_to_message_id: replyTo,
      fingerprint,
      created_at: new Date(core.clock.now()).toISOString(),
      context: newContext(caller),
    },
    replyPreview,
    recipients: presentMembers(chat),
    queuedAt: performance.now(),
  };
  const result = await core.sendQueue.add(send, caller.validAt);
  if (result.outcome === 'stored') return { created: true, message: result.message };
  if (result.fingerprint !== fingerprint) {
    throw new AppError('CONFLICT', 'This client_msg_id was used for another message');
  }
  return { created: false, message: await asSeenBySender(core, caller, result.message) };
}

/** The message that this very send stored before, if it did. */
async function firstSend(
  core: Pick<Core, 'chatCache' | 'messages' | 'privacy'>,
  caller: Caller,
  input: SendInput,
  fingerprint: string,
): Promise<Message | undefined> {
  const known = await core.messages.known(caller.userId, input.client_msg_id);
  return known?.fingerprint === fingerprint ? asSeenBySender(core, caller, known.message) : undefined;
}

async function asSeenBySender(
  core: Pick<Core, 'chatCache' | 'messages' | 'privacy'>,
  caller: Caller,
  stored: StoredMessage,
): Promise<Message> {
  const chat = await core.chatCache.fresh(stored.chat_id);
  if (!chat) throw new AppError('CHAT_NOT_FOUND');
  const status = statusFor(stored, caller.userId, chat, await readsVisibleIn(core, chat));
  const replyTo = stored.reply_to_message_id;
  const reply = replyTo === null ? undefined : (await core.messages.byIds([replyTo])).get(replyTo);
  return toWire(stored, status, reply ? replyPreviewOf(reply) : null);
}
