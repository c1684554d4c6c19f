/** Contract section 2, Sync: from the caller's numbers to everything that changed. */
import { z } from 'zod';
import { chatSummary, participant, sampleChat } from './chats.ts';
import { define } from './define.ts';
import { limits } from './limits.ts';
import { message } from './messages.ts';
import { contact, privacySettings } from './people.ts';
import { counter, timestamp, uuid } from './primitives.ts';
import { ownProfile } from './users.ts';

/** What a client holds of a chat. */
export const chatNumbers = z.object({ version: counter, state_version: counter });

/** What `POST /sync` and the frame `sync` take. */
export const syncInput = z
  .object({
    user: counter.optional().meta({
      description: "The `user_version` up to which the caller's own things are held; none at all if left out",
    }),
    chats: z
      .record(uuid, chatNumbers)
      .default({})
      .refine(
        (chats) => Object.keys(chats).length <= limits.syncChats,
        `must name at most ${limits.syncChats} chats`,
      )
      .meta({
        description:
          'The numbers of the chats to look at. Chats that are not named are told of only where `user` shows that they are new',
      }),
    limit: z.int().min(1).max(limits.syncPage.max).default(limits.syncPage.default),
  })
  .meta({ id: 'SyncRequest' });

/** A present or former member with how far it came. Statuses of messages follow from these. */
export const syncParticipant = participant
  .extend({
    is_member: z
      .boolean()
      .meta({ description: 'False after leaving: the window says which messages they got' }),
    joined_seq: counter.meta({ description: 'Messages after this `seq` are for them' }),
    left_seq: counter
      .nullable()
      .meta({ description: 'Messages up to this `seq` are for them; null while a member' }),
    delivered_seq: counter,
    read_seq: counter.meta({ description: '0 where reads are kept private' }),
  })
  .meta({ id: 'SyncParticipant' });

const at = { version: counter.meta({ description: 'The `user_version` of this change' }) };

/** The present state of one of the caller's own things that changed. */
export const ownChange = z
  .discriminatedUnion('kind', [
    z
      .object({ kind: z.literal('chat'), ...at, chat_id: uuid })
      .meta({ id: 'ChatMembershipChange', description: 'A chat is new, or was left: it is among `chats`' }),
    z
      .object({
        kind: z.literal('chat_own'),
        ...at,
        chat_id: uuid,
        is_muted: z.boolean(),
        mute_until: timestamp.nullable(),
        is_pinned: z.boolean(),
      })
      .meta({ id: 'ChatSettingsChange' }),
    z.object({ kind: z.literal('profile'), ...at, profile: ownProfile }).meta({ id: 'ProfileChange' }),
    z.object({ kind: z.literal('privacy'), ...at, privacy: privacySettings }).meta({ id: 'PrivacyChange' }),
    z
      .object({ kind: z.literal('contacts'), ...at, contacts: z.array(contact) })
      .meta({ id: 'ContactsChange', description: 'All contacts' }),
    z
      .object({ kind: z.literal('block'), ...at, user_id: uuid, blocked: z.boolean() })
      .meta({ id: 'BlockChange' }),
    z
      .object({
        kind: z.literal('star'),
        ...at,
        chat_id: uuid,
        message_id: uuid,
        is_starred: z.boolean(),
      })
      .meta({ id: 'StarChange' }),
    z.object({ kind: z.literal('hide'), ...at, chat_id: uuid, message_id: uuid }).meta({
      id: 'HideChange',
      description: 'Deleted for oneself; the chat is among `chats` with its counts',
    }),
  ])
  .meta({ id: 'OwnChange' });

/** What changed of one chat. */
export const syncChat = z
  .object({
    chat_id: uuid,
    version: counter.meta({ description: 'Up to which messages were told: goes into the next call' }),
    state_version: counter.meta({ description: 'Up to which all else was told: goes into the next call' }),
    reset: z.boolean().meta({ description: 'Forget what is held of this chat: this is the beginning' }),
    removed: z.boolean().meta({
      description:
        'The caller is no member any more, or never was (then `chat` is null): nothing comes after this',
    }),
    chat: chatSummary.nullable().meta({ description: 'As it is now; null where the caller may not know it' }),
    participants: z.array(syncParticipant).meta({
      description:
        'Those who changed after the `state_version` given; with `reset` all. Nobody where `removed`',
    }),
    messages: z.array(message).meta({
      description:
        'Those that changed after the `version` given, as they are now, in order of their version; with `reset` the newest ones. What was deleted for everyone is there, emptied; what the caller deleted for itself is not',
    }),
  })
  .meta({ id: 'SyncChat' });

export const syncResult = z
  .object({
    user: z
      .object({ version: counter, reset: z.boolean(), changes: z.array(ownChange) })
      .meta({ id: 'SyncUser' }),
    chats: z.array(syncChat),
    has_more: z.boolean().meta({ description: 'Call again with the numbers of this answer' }),
  })
  .meta({ id: 'SyncResult' });

export const sync = define({
  // By its effect it is a query; as one, tRPC would put the numbers of all chats into the address.
  kind: 'mutation',
  method: 'POST',
  path: '/sync',
  operationId: 'sync',
  tag: 'Sync',
  access: 'self',
  summary: 'What changed since I looked last',
  description: `From the caller's numbers to everything that changed after them, as it is now. Begin with \`{ "chats": {} }\`; the numbers of an answer go into the next call, at once where \`has_more\` is true. A client that only fills a gap of one chat names that chat alone. Applying an answer twice changes nothing. A chat that is new to the caller comes with \`reset\` and its newest messages; so does one in which more than ${limits.syncSpan} changes were missed, and one whose numbers the server does not know.`,
  input: syncInput,
  output: syncResult,
  success: { 200: 'A page of changes' },
  errors: ['PAYLOAD_TOO_LARGE'],
  maxBytes: limits.syncBody,
  example: {
    input: { user: 7, chats: { [sampleChat.chat_id]: { version: 1, state_version: 1 } } },
    output: {
      user: { version: 8, reset: false, changes: [] },
      chats: [
        {
          chat_id: sampleChat.chat_id,
          version: 1,
          state_version: 2,
          reset: false,
          removed: false,
          chat: { ...withoutParticipants(), state_version: 2 },
          participants: [],
          messages: [],
        },
      ],
      has_more: false,
    },
  },
});

function withoutParticipants(): z.output<typeof chatSummary> {
  const { participants: _, ...summary } = sampleChat;
  return summary;
}

export type ChatNumbers = z.output<typeof chatNumbers>;
export type SyncInput = z.input<typeof syncInput>;
export type SyncResult = z.output<typeof syncResult>;
export type SyncChat = z.output<typeof syncChat>;
export type SyncParticipant = z.output<typeof syncParticipant>;
export type OwnChange = z.output<typeof ownChange>;
