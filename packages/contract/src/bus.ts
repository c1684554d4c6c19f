/** Contract section 5: what travels between the programs. */
import { z } from 'zod';
import { chatChanges } from './changes.ts';
import { chatTypes, participant } from './chats.ts';
import { message, messageStatuses } from './messages.ts';
import { mediaTypes } from './payloads.ts';
import { counter, timestamp, uuid } from './primitives.ts';

/** Streams and the subjects they hold. */
export const streams = {
  MESSAGES: ['msg.>'],
  CHATS: ['chat.>', 'group.>'],
  PRESENCE: ['presence.>'],
  NOTIFICATIONS: ['notif.>'],
  MEDIA: ['media.>'],
  /** Beyond the papers: what concerns a user's own devices alone. */
  USERS: ['user.>'],
} as const;

/** Seconds to wait before the n-th redelivery; then the event is a dead letter. */
export const redeliverySeconds = [1, 5, 15, 30, 60] as const;

const recipients = z.array(uuid).meta({ description: 'Members at that time who may see what it is about' });

/** Not there in events from before it was. */
const unquoted = z
  .array(uuid)
  .default([])
  .meta({ description: 'Recipients who joined after what is quoted: for them `reply_to_preview` is null' });

export const busPayloads = {
  'msg.new': z.object({
    message,
    recipients: z
      .array(uuid)
      .meta({ description: 'Every member at the time of sending, the sender included' }),
    unquoted,
    /** The connection it was sent on: it gets `message.sent` instead of `message.new`. */
    origin: z.string().nullable(),
  }),
  'msg.status.updated': z.object({
    chat_id: uuid,
    user_id: uuid,
    status: z.enum(messageStatuses),
    up_to_seq: counter,
    message_ids: z.array(uuid),
    sender_ids: z.array(uuid),
    state_version: counter,
    timestamp,
    /** False where the reader or chat keeps reads private: then only the reader's own devices learn of it. */
    visible: z.boolean(),
    /** The delivered position moved too: what others learn of a read that is kept private. */
    delivered_moved: z.boolean(),
    origin: z.string().nullable(),
    /** The session that moved it: its device knows. Not there in events from before it was. */
    session_id: z.string().nullable().default(null),
  }),
  'chat.created': z.object({
    chat_id: uuid,
    type: z.enum(chatTypes),
    name: z.string(),
    created_by: uuid,
    participants: z.array(participant),
    state_version: counter,
    user_versions: z.record(uuid, counter),
  }),
  'msg.deleted': z.object({
    chat_id: uuid,
    message_id: uuid,
    seq: counter,
    version: counter,
    /** Its time was over; nobody deleted it. */
    expired: z.boolean(),
    /** The message's `updated_at` from now on. */
    timestamp,
    recipients,
    /** The file that it carried. Not there in events from before it was. */
    media_id: uuid.nullable().default(null),
  }),
  'msg.edited': z.object({ message, recipients, unquoted }),
  'msg.reaction': z.object({
    chat_id: uuid,
    message_id: uuid,
    seq: counter,
    version: counter,
    user_id: uuid,
    emoji: z.string().nullable(),
    timestamp,
    recipients,
  }),
  'chat.updated': z.object({
    chat_id: uuid,
    changes: chatChanges,
    state_version: counter,
    updated_by: uuid,
    recipients,
  }),
  'group.member.added': z.object({
    chat_id: uuid,
    user_id: uuid,
    added_by: uuid,
    state_version: counter,
    /** Of the one who was added. */
    user_version: counter,
    /** Every member from now on, the added one included. */
    recipients,
  }),
  'group.member.removed': z.object({
    chat_id: uuid,
    user_id: uuid,
    /** The same as `user_id` for one who left. */
    removed_by: uuid,
    state_version: counter,
    /** Of the one who was removed. */
    user_version: counter,
    /** Every remaining member, and the removed one. */
    recipients,
  }),
  /** For the user's own devices; where others may see more or less of the user now, also for those who watch. */
  'user.updated': z.object({
    user_id: uuid,
    user_version: counter,
    change: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('chat'), chat_id: uuid, changes: chatChanges }),
      z.object({ kind: z.literal('star'), chat_id: uuid, message_id: uuid, is_starred: z.boolean() }),
      z.object({ kind: z.literal('hide'), chat_id: uuid, message_id: uuid }),
      z.object({ kind: z.literal('profile') }),
      z.object({ kind: z.literal('privacy') }),
      z.object({ kind: z.literal('contacts') }),
      z.object({ kind: z.literal('block'), user_id: uuid, blocked: z.boolean() }),
    ]),
  }),
  /** A file that is to be looked into: its size, duration and thumbnail. */
  'media.uploaded': z.object({
    media_id: uuid,
    uploader_id: uuid,
    type: z.enum(mediaTypes),
    mime_type: z.string(),
    size_bytes: z.int().nonnegative(),
  }),
  /** A file is ready: one for its uploader (`chat_id` null), and one for each message that carries it. */
  'media.processed': z.object({
    media_id: uuid,
    chat_id: uuid.nullable(),
    message_id: uuid.nullable(),
    seq: counter.nullable(),
    /** The chat's, raised by the message's change. */
    version: counter.nullable(),
    /** The message's `updated_at` from now on. */
    timestamp: timestamp.nullable(),
    recipients,
  }),
  'presence.changed': z.object({
    user_id: uuid,
    status: z.enum(['online', 'offline']),
    last_seen: timestamp.nullable(),
  }),
  /** Asks whether events reach an instance of realtime: it goes the way of every event and comes back to `instance`. */
  'presence.probe': z.object({ instance: uuid, nonce: uuid }),
} as const;

export type BusSubject = keyof typeof busPayloads;
export type BusPayload<S extends BusSubject> = z.output<(typeof busPayloads)[S]>;
export type UserChange = BusPayload<'user.updated'>['change'];

/** The envelope of every event on the bus. */
export const busEnvelope = z.object({
  event_id: uuid,
  event_type: z.string(),
  timestamp,
  request_id: z.string(),
  trace: z.string().nullable(),
  /** On a replayed dead letter: the only consumer that is to handle it. */
  consumer: z.string().optional(),
  payload: z.unknown(),
});

/** One event of a subject. */
export interface BusEvent<S extends BusSubject = BusSubject> {
  event_id: string;
  event_type: S;
  timestamp: string;
  request_id: string;
  /** W3C `traceparent`, where tracing is on. */
  trace: string | null;
  /** On a replayed dead letter: the only consumer that is to handle it. */
  consumer?: string;
  payload: BusPayload<S>;
}

/** A `BusEvent` of any subject, told apart by `event_type`. */
export type AnyBusEvent = { [S in BusSubject]: BusEvent<S> }[BusSubject];

/** Reads an event that came over a wire; throws a ZodError where it breaks the schema. */
export function parseBusEvent(value: unknown): AnyBusEvent {
  const envelope = busEnvelope.parse(value);
  if (!(envelope.event_type in busPayloads)) throw new Error(`unknown event type ${envelope.event_type}`);
  const subject = envelope.event_type as BusSubject;
  const { consumer, ...rest } = envelope;
  return {
    ...rest,
    ...(consumer === undefined ? {} : { consumer }),
    event_type: subject,
    payload: busPayloads[subject].parse(envelope.payload),
  } as AnyBusEvent;
}
