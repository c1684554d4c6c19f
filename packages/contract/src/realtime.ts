/** Contract section 4: every event of both transports, in both directions. */
import { z } from 'zod';
import { chatChanges } from './changes.ts';
import { chatTypes, participant } from './chats.ts';
import { errorCodes } from './errors.ts';
import { limits } from './limits.ts';
import { media, mediaStatuses } from './media.ts';
import { deleteFor, editPayload, emoji } from './message-actions.ts';
import { type Message, message, messageStatuses, sendInput } from './messages.ts';
import { counter, timestamp, uuid } from './primitives.ts';
import { type SyncResult, syncInput } from './sync.ts';
import { presence } from './users.ts';

const empty = z.object({});
const userIds = z.object({ user_ids: z.array(uuid).min(1).max(limits.presenceIds) });
const chatRef = z.object({ chat_id: uuid });

/** Client → server. */
export const clientEvents = {
  auth: z.object({ token: z.string().min(1).max(4096) }),
  'message.send': sendInput,
  'message.delivered': z.object({ message_ids: z.array(uuid).min(1).max(limits.deliveredIds) }),
  'message.read': z.object({ chat_id: uuid, up_to_message_id: uuid }),
  'message.delete': z.object({ message_id: uuid, for: deleteFor.default('me') }),
  'message.edit': z.object({ message_id: uuid, payload: editPayload }),
  'message.react': z.object({ message_id: uuid, emoji: emoji.nullable() }),
  'typing.start': chatRef,
  'typing.stop': chatRef,
  'presence.subscribe': userIds,
  'presence.unsubscribe': userIds,
  sync: syncInput,
  ping: empty,
} as const;

const sent = z.object({
  message_id: uuid,
  client_msg_id: uuid,
  chat_id: uuid,
  seq: counter,
  /** The message's: a client that sees it jump has a gap. */
  version: counter,
  timestamp,
  /** The message was stored before, by an earlier send: it may have been changed since, and `version` is of its last change. */
  is_repeat: z.boolean().optional(),
});

/** Statuses of one or several messages: `message_id` names the only one, `message_ids` the newest of several. */
const status = z.object({
  chat_id: uuid,
  user_id: uuid,
  status: z.enum(messageStatuses),
  message_id: uuid.optional(),
  message_ids: z.array(uuid),
  up_to_seq: counter,
  state_version: counter,
  timestamp,
});

/** Server → client. */
export const serverEvents = {
  'message.new': message.extend({ timestamp }),
  'message.sent': sent,
  'message.status': status,
  /** For everyone (`version` of the chat), or for this user alone (`user_version`). */
  'message.deleted': z.object({
    message_id: uuid,
    chat_id: uuid,
    version: counter.optional(),
    user_version: counter.optional(),
    /** With `version`: the message's `updated_at` from now on. */
    timestamp: timestamp.optional(),
  }),
  /** The same for all who get it: `status` and `is_starred` say nothing about the receiver's own. */
  'message.edited': message,
  'message.reaction': z.object({
    message_id: uuid,
    chat_id: uuid,
    user_id: uuid,
    emoji: z.string().nullable(),
    version: counter,
    /** The message's `updated_at` from now on. */
    timestamp,
  }),
  /** To the user's own devices (beyond the papers). */
  'message.starred': z.object({
    message_id: uuid,
    chat_id: uuid,
    is_starred: z.boolean(),
    user_version: counter,
  }),
  typing: z.object({ chat_id: uuid, user_id: uuid, is_typing: z.boolean() }),
  presence,
  'chat.created': z.object({
    chat_id: uuid,
    type: z.enum(chatTypes),
    name: z.string(),
    participants: z.array(participant),
    state_version: counter,
    user_version: counter,
  }),
  /** For all members (`state_version`), or what this user set for itself: mute and pin (`user_version`). */
  'chat.updated': z.object({
    chat_id: uuid,
    changes: chatChanges,
    state_version: counter.optional(),
    user_version: counter.optional(),
  }),
  'group.member.added': z.object({
    chat_id: uuid,
    user_id: uuid,
    display_name: z.string(),
    state_version: counter,
    /** For the one who was added. */
    user_version: counter.optional(),
  }),
  'group.member.removed': z.object({
    chat_id: uuid,
    user_id: uuid,
    state_version: counter,
    /** For the one who was removed: nothing comes after it. */
    user_version: counter.optional(),
  }),
  /** To the user's own devices (beyond the papers): what changed of the account; fetch it. */
  'user.updated': z.object({
    kind: z.enum(['profile', 'privacy', 'contacts', 'block']),
    /** With `block`: whom it is about. */
    user_id: uuid.nullable(),
    user_version: counter,
  }),
  /** To a file's uploader; and, with `chat_id`, `message_id` and `version`, to those who have a message that carries it. */
  'media.updated': z.object({
    media_id: uuid,
    status: z.enum(mediaStatuses),
    thumbnail_url: z.string().nullable(),
    duration_ms: z.int().nullable(),
    /** The file with fresh addresses: the fields above and all others. */
    media,
    chat_id: uuid.optional(),
    message_id: uuid.optional(),
    version: counter.optional(),
    /** With `version`: the message's `updated_at` from now on. */
    timestamp: timestamp.optional(),
  }),
  pong: empty,
  error: z.object({
    code: z.union([
      z.literal(4001),
      z.literal(4003),
      z.literal(4004),
      z.literal(4022),
      z.literal(4029),
      z.literal(5000),
    ]),
    reason: z.enum(errorCodes),
    message: z.string(),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    retry_after: z.int().optional().meta({ description: 'Seconds to wait; with 4029' }),
  }),
} as const;

export type ClientEvent = keyof typeof clientEvents;
export type ClientEventInput<E extends ClientEvent> = z.input<(typeof clientEvents)[E]>;
export type ClientEventData<E extends ClientEvent> = z.output<(typeof clientEvents)[E]>;
export type ServerEvent = keyof typeof serverEvents;
export type ServerEventData<E extends ServerEvent> = z.output<(typeof serverEvents)[E]>;

/** A frame of the raw transport, client → server: `data` is checked against its event afterwards. */
export const clientFrame = z.object({
  event: z.string().min(1).max(64),
  data: z.unknown().optional(),
  req_id: z.string().max(128).optional(),
});
export type ClientFrame = z.output<typeof clientFrame>;

/**
 * What each event answers. Socket.IO: the acknowledgement's `data`. Raw: `message.send` is answered by `message.sent` and
 * `ping` by `pong`; every other event, if it carried a `req_id`, by a frame of its own name with that `req_id`.
 */
export interface AckResults {
  auth: { expires_in: number };
  'message.send': ServerEventData<'message.sent'>;
  'message.delivered': Record<string, never>;
  'message.read': { unread_count: number };
  'message.delete': { message_id: string; deleted_for: 'me' | 'everyone' };
  'message.edit': Message;
  'message.react': { message_id: string; reactions: Record<string, string> };
  'typing.start': Record<string, never>;
  'typing.stop': Record<string, never>;
  'presence.subscribe': Record<string, never>;
  'presence.unsubscribe': Record<string, never>;
  sync: SyncResult;
  ping: Record<string, never>;
}

/** A Socket.IO acknowledgement (contract section 4). */
export type Ack<T> =
  | { ok: true; data: T }
  | {
      ok: false;
      error: {
        code: string;
        message: string;
        details?: { path: string; message: string }[];
        retry_after?: number;
      };
    };
