/** Whether a chat's members see who read what (contract section 2, Users). */
import type { Core } from '../context.ts';
import type { ChatRecord } from '../ports/stores.ts';

/** Reads are visible in groups, and in a direct chat unless either keeps them private. */
export async function readsVisibleIn(core: Pick<Core, 'privacy'>, chat: ChatRecord): Promise<boolean> {
  return (await readsVisibleInAll(core, [chat])).get(chat.chat_id) ?? true;
}

/** The same for many chats with one look-up; by chat id. */
export async function readsVisibleInAll(
  core: Pick<Core, 'privacy'>,
  chats: readonly Pick<ChatRecord, 'chat_id' | 'type' | 'members'>[],
): Promise<Map<string, boolean>> {
  const visible = new Map<string, boolean>();
  const pairs: { chatId: string; viewer: string; target: string }[] = [];
  for (const chat of chats) {
    visible.set(chat.chat_id, true);
    if (chat.type !== 'direct') continue;
    const [a, b] = chat.members.keys();
    if (a === undefined || b === undefined) continue;
    pairs.push(
      { chatId: chat.chat_id, viewer: a, target: b },
      { chatId: chat.chat_id, viewer: b, target: a },
    );
  }
  if (pairs.length === 0) return visible;
  const relations = await core.privacy.relations(pairs.map(({ viewer, target }) => ({ viewer, target })));
  pairs.forEach(({ chatId }, index) => {
    if (relations[index]?.privacy.read_receipts === false) visible.set(chatId, false);
  });
  return visible;
}
