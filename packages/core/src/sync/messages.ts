/** The messages of a page of sync, of all its chats at the cost of one (contract section 2, Sync). */
import type { Message } from '@parley/contract';
import type { Core } from '../context.ts';
import { type PresentParts, render, surroundings } from '../messages/present.ts';
import { readsVisibleInAll } from '../messages/reads.ts';
import type { StoredMessage } from '../ports/stores.ts';
import type { ChatPlan } from './chat-plan.ts';

export interface ToldMessages {
  messages: Message[];
  /** Up to which version these are all. */
  version: number;
  /** There are more behind it. */
  isCut: boolean;
}

/** What each plan tells, by chat: in order of version, without what the viewer deleted for itself. */
export async function readMessages(
  core: PresentParts & Pick<Core, 'chatCache'>,
  viewer: string,
  plans: readonly ChatPlan[],
): Promise<Map<string, ToldMessages>> {
  const stored = await storedOf(core, plans);
  const found = plans.flatMap(({ chatId }) => stored.get(chatId) ?? []);
  const shown = new Map((await present(core, viewer, found)).map((message) => [message.message_id, message]));
  return new Map(
    plans.map((plan) => {
      const own = stored.get(plan.chatId) ?? [];
      const { version, isCut } = endOf(plan, own);
      return [
        plan.chatId,
        { messages: own.flatMap((each) => shown.get(each.message_id) ?? []), version, isCut },
      ];
    }),
  );
}

/** Where a plan's messages end: behind the last one, where they are as many as were asked for. */
function endOf(plan: ChatPlan, own: readonly StoredMessage[]): { version: number; isCut: boolean } {
  const { upTo, from } = plan.version;
  if (plan.kind !== 'delta' || own.length < plan.limit) return { version: upTo, isCut: false };
  const version = own.at(-1)?.version ?? from;
  return { version, isCut: version < upTo };
}

async function storedOf(
  core: Pick<Core, 'messages'>,
  plans: readonly ChatPlan[],
): Promise<Map<string, StoredMessage[]>> {
  const deltas = plans.filter((plan) => plan.kind === 'delta' && plan.limit > 0);
  const resets = plans.filter((plan) => plan.kind === 'reset' && plan.limit > 0);
  const [changed, newest] = await Promise.all([
    core.messages.changedSince(
      deltas.map(({ chatId, membership, version, limit }) => ({
        window: { chatId, after: membership?.joined_seq ?? 0, upTo: membership?.left_seq ?? null },
        version: version.from,
        upToVersion: version.upTo,
        limit,
      })),
    ),
    core.messages.between(resets.map(({ chatId, newest }) => ({ chatId, ...newest }))),
  ]);
  const byChat = new Map(deltas.map(({ chatId }, index) => [chatId, changed[index] ?? []]));
  const found = Map.groupBy(newest, (message) => message.chat_id);
  for (const { chatId, removed, version } of resets) {
    const own = (found.get(chatId) ?? []).filter((message) => !removed || message.version <= version.upTo);
    byChat.set(
      chatId,
      own.sort((a, b) => a.version - b.version),
    );
  }
  return byChat;
}

async function present(
  core: PresentParts & Pick<Core, 'chatCache'>,
  viewer: string,
  stored: readonly StoredMessage[],
): Promise<Message[]> {
  if (stored.length === 0) return [];
  const ids = [...new Set(stored.map((message) => message.chat_id))];
  const [around, records] = await Promise.all([
    surroundings(core, viewer, stored),
    // Positions must be current, or a status could seem to go back.
    Promise.all(ids.map((id) => core.chatCache.fresh(id))),
  ]);
  const chats = new Map(records.flatMap((chat) => (chat ? [[chat.chat_id, chat] as const] : [])));
  const readsVisible = await readsVisibleInAll(core, [...chats.values()]);
  const found = stored.flatMap((message) => {
    const chat = chats.get(message.chat_id);
    return chat && !around.marks.get(message.message_id)?.hidden ? [{ chat, message }] : [];
  });
  return render(core, viewer, found, around, readsVisible);
}
