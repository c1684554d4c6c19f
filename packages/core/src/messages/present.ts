/** Stored messages as one viewer may see them: status, star, replies, and nothing of what is over (contract section 2, Messages). */
import type { Media, Message } from '@parley/contract';
import type { Core } from '../context.ts';
import { mediaOf, mediaOfAll } from '../media/view.ts';
import type { ChatRecord, StoredMessage } from '../ports/stores.ts';
import { readsVisibleInAll } from './reads.ts';
import { isVisible, masked, replyPreviewOf, statusFor, toWire } from './wire.ts';

export type PresentParts = Pick<Core, 'messages' | 'privacy' | 'marks' | 'media' | 'mediaLinks' | 'clock'>;

/** A message with the chat that it is in. Positions must be current, or a status could seem to go back. */
export interface Found {
  chat: ChatRecord;
  message: StoredMessage;
}

/** What the viewer marked, of these messages and of those that they reply to; these; and the files that they carry. */
export interface Surroundings {
  marks: Map<string, { starred: boolean; hidden: boolean }>;
  replies: Map<string, StoredMessage>;
  /** Their files, by id. */
  media: Map<string, Media>;
}

/** The messages as the viewer sees them, in their order. Those it deleted for itself are the caller's to leave out. */
export async function presentMessages(
  core: PresentParts,
  chat: ChatRecord,
  viewer: string,
  messages: readonly StoredMessage[],
): Promise<Message[]> {
  return presentAll(
    core,
    viewer,
    messages.map((message) => ({ chat, message })),
  );
}

/** The same for messages of several chats, at the cost of one. */
export async function presentAll(
  core: PresentParts,
  viewer: string,
  found: readonly Found[],
): Promise<Message[]> {
  if (found.length === 0) return [];
  const chats = [...new Map(found.map(({ chat }) => [chat.chat_id, chat])).values()];
  const [around, readsVisible] = await Promise.all([
    surroundings(
      core,
      viewer,
      found.map(({ message }) => message),
    ),
    readsVisibleInAll(core, chats),
  ]);
  return render(core, viewer, found, around, readsVisible);
}

/** Looks up what `render` needs besides the messages. */
export async function surroundings(
  core: Pick<Core, 'messages' | 'marks' | 'media' | 'mediaLinks'>,
  viewer: string,
  messages: readonly StoredMessage[],
): Promise<Surroundings> {
  if (messages.length === 0) return { marks: new Map(), replies: new Map(), media: new Map() };
  const replyIds = [...new Set(messages.flatMap((message) => message.reply_to_message_id ?? []))];
  const ids = new Set([...messages.map((message) => message.message_id), ...replyIds]);
  const [marks, replies, media] = await Promise.all([
    core.marks.of(viewer, [...ids]),
    replyIds.length > 0 ? core.messages.byIds(replyIds) : new Map<string, StoredMessage>(),
    mediaOfAll(core, messages),
  ]);
  return { marks, replies, media };
}

/** Puts together what was looked up. `readsVisible` is by chat id. */
export function render(
  core: Pick<Core, 'clock'>,
  viewer: string,
  found: readonly Found[],
  around: Surroundings,
  readsVisible: ReadonlyMap<string, boolean>,
): Message[] {
  const now = core.clock.now();
  return found.map(({ chat, message }) => {
    const status = statusFor(message, viewer, chat, readsVisible.get(chat.chat_id) ?? true);
    const preview = replyFor(chat, viewer, message, around, now);
    const starred = around.marks.get(message.message_id)?.starred ?? false;
    const shown = masked(message, now);
    return toWire(shown, status, preview, mediaOf(shown, around.media), starred);
  });
}

/** Null for what was written outside the viewer's time in the chat. */
function replyFor(
  chat: ChatRecord,
  viewer: string,
  message: StoredMessage,
  { replies }: Surroundings,
  now: number,
) {
  const reply = message.reply_to_message_id === null ? undefined : replies.get(message.reply_to_message_id);
  const member = chat.members.get(viewer);
  if (!reply || !member || reply.chat_id !== chat.chat_id || !isVisible(member, reply.seq)) return null;
  return replyPreviewOf(reply, now);
}
