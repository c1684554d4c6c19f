/** What an operator is told who asks why somebody was pushed a message, or was not. */
import type { Core } from '../context.ts';
import { isoTime } from '../lib/times.ts';
import { isVisible } from '../messages/wire.ts';
import type { PushReason } from '../ports/stores.ts';
import { rememberedMs } from './timing.ts';

/** Milliseconds within which a message is usually decided on, with room for a restart of the workers. */
const usuallyMs = 30_000;

/** `text` says it in a sentence. */
export type PushExplanation =
  /** It was decided: `at` is when, ISO 8601. */
  | { kind: 'noted'; reason: PushReason; detail: string | null; at: string; text: string }
  | {
      kind:
        | 'unknown_message'
        | 'system_message'
        | 'sender'
        | 'never_member'
        | 'not_recipient'
        | 'too_old'
        | 'undecided'
        | 'connected';
      text: string;
    };

const sentences: Record<PushReason, string> = {
  sent: 'It was handed to the push service.',
  muted: 'The user had muted the chat.',
  connected: 'The user connected before its window was over.',
  gathering: 'It waits for the end of its window, in which messages of a group gather into one push.',
  read: 'The user read it before it could be pushed.',
  gone: 'It was deleted or its time was over, or the user left the chat, before it could be pushed.',
  collapsed: 'It is part of the push of a later message of the same window.',
  no_device: 'The user was offline and has no device that registered for pushes.',
  unregistered:
    'The push service did not know the token of any of the devices any more; they were forgotten.',
  refused: 'The push service refused it for good.',
  waiting:
    'The push service was away: it is tried again until the service takes it, or the user connects, reads it or mutes the chat.',
};

const unnoted: Record<Exclude<PushExplanation['kind'], 'noted'>, string> = {
  unknown_message: 'There is no message with this id.',
  system_message: 'It tells of a change of the chat; such messages are not pushed.',
  sender: 'The user sent it.',
  never_member: 'The user was never a member of the chat.',
  not_recipient: 'The user was not a member of the chat when it was sent.',
  too_old: 'It is older than a day, for which notes are kept.',
  undecided: 'Nothing is noted yet: it may still be decided, or the user was connected.',
  connected:
    'Nothing is noted. Most likely the user was connected when it was decided; or the workers are behind, or a newer message of the group was pushed before this one was handled.',
};

/** Why this user was pushed this message, or was not, as far as it can be known. Errors: `SERVICE_UNAVAILABLE`. */
export async function whyPush(
  core: Pick<Core, 'pushLedger' | 'messages' | 'chatCache' | 'clock'>,
  messageId: string,
  userId: string,
): Promise<PushExplanation> {
  const note = await core.pushLedger.why(messageId, userId);
  if (note) {
    const { reason, detail, at } = note;
    return { kind: 'noted', reason, detail, at: isoTime(at), text: sentences[reason] };
  }
  const kind = await unnotedKind(core, messageId, userId);
  return { kind, text: unnoted[kind] };
}

async function unnotedKind(
  core: Pick<Core, 'messages' | 'chatCache' | 'clock'>,
  messageId: string,
  userId: string,
): Promise<keyof typeof unnoted> {
  const message = (await core.messages.byIds([messageId])).get(messageId);
  if (!message) return 'unknown_message';
  if (message.type === 'system') return 'system_message';
  if (message.sender_id === userId) return 'sender';
  const member = (await core.chatCache.fresh(message.chat_id))?.members.get(userId);
  if (!member) return 'never_member';
  if (!isVisible(member, message.seq)) return 'not_recipient';
  const age = core.clock.now() - Date.parse(message.created_at);
  if (age >= rememberedMs) return 'too_old';
  return age < usuallyMs ? 'undecided' : 'connected';
}
