/** What goes into one page of sync: as much as its limit holds, each part of it ending at a number. */
import { limits } from '@parley/contract';
import type { UserChangeRecord } from '../ports/stores.ts';
import { type ChatPlan, planChat } from './chat-plan.ts';
import type { Held, Sight } from './look.ts';

export interface PagePlan {
  /** The caller's own changes up to `userVersion`, each thing once, by its last change. */
  rows: UserChangeRecord[];
  userVersion: number;
  /** The chats that the rows name, in the order of these, and then others. */
  chats: ChatPlan[];
  /** Named chats that the caller was never in. */
  strange: ChatPlan[];
  hasMore: boolean;
}

const keyOf = ({ kind, ref }: UserChangeRecord): string => `${kind} ${ref}`;

/**
 * Fills a page: own changes, then chats. A change, a chat and a message count one each; something always goes in. `fits` says how many of the
 * chats the page can take for other reasons: those behind them, and the own changes that name them, wait for the next one.
 */
export function planPage(sight: Sight, held: Held, limit: number, fits = Number.POSITIVE_INFINITY): PagePlan {
  const first = Math.min(limits.syncFirst, limit);
  const plan = (chatId: string, named: boolean): ChatPlan | undefined => {
    const known = held.chats.get(chatId);
    const head = sight.heads.get(chatId) ?? { seq: 0, version: known?.version ?? 0 };
    return planChat(chatId, known, sight.memberships.get(chatId), head, { named, first });
  };
  const budget = { left: limit };
  const { rows, chats } = takeRows(sight.rows, budget, (chatId) => plan(chatId, true), fits);
  const isWhole = rows.length === sight.rows.length;
  for (const chat of chats) {
    if (chat.kind !== 'delta') continue;
    chat.limit = Math.min(chat.limit, Math.max(0, budget.left));
    budget.left -= chat.limit;
  }
  let rest = sight.moved.flatMap((chatId) => plan(chatId, false) ?? []);
  // While the own changes are cut, nothing else is put behind them.
  const taken = isWhole ? takeChats(rest, budget, rows.length > 0, fits - chats.length) : [];
  rest = rest.slice(taken.length);
  const all = new Map(rows.map((row) => [keyOf(row), row]));
  return {
    rows: [...all.values()].sort((a, b) => a.version - b.version),
    userVersion: isWhole && !sight.moreRows ? sight.head : (rows.at(-1)?.version ?? 0),
    chats: [...chats, ...taken],
    strange: sight.strange.flatMap((chatId) => plan(chatId, false) ?? []),
    hasMore: !isWhole || sight.moreRows || sight.moreMoved || rest.length > 0,
  };
}

/** The first rows that the budget holds, with the chats that they name. */
function takeRows(
  rows: readonly UserChangeRecord[],
  budget: { left: number },
  plan: (chatId: string) => ChatPlan | undefined,
  fits: number,
): { rows: UserChangeRecord[]; chats: ChatPlan[] } {
  const keys = new Set<string>();
  const chats = new Map<string, ChatPlan>();
  const taken: UserChangeRecord[] = [];
  for (const row of rows) {
    const { chat_id } = row;
    const chat = chat_id === null || chats.has(chat_id) ? undefined : plan(chat_id);
    const cost = (keys.has(keyOf(row)) ? 0 : 1) + costOf(chat);
    if (taken.length > 0 && (cost > budget.left || (chat && chats.size >= fits))) break;
    budget.left -= cost;
    keys.add(keyOf(row));
    if (chat) chats.set(chat.chatId, chat);
    taken.push(row);
  }
  return { rows: taken, chats: [...chats.values()] };
}

/** What a chat costs besides messages that can be cut. */
function costOf(chat: ChatPlan | undefined): number {
  if (!chat) return 0;
  return chat.kind === 'reset' ? 1 + chat.limit : 1;
}

/** The first chats that the budget holds; the messages of the last one may be cut. */
function takeChats(plans: ChatPlan[], budget: { left: number }, isBegun: boolean, fits: number): ChatPlan[] {
  const taken: ChatPlan[] = [];
  for (const chat of plans) {
    const needs = chat.kind === 'delta' ? 1 + Math.min(1, chat.limit) : costOf(chat);
    if ((isBegun || taken.length > 0) && (needs > budget.left || taken.length >= fits)) break;
    budget.left -= costOf(chat);
    if (chat.kind === 'delta') {
      chat.limit = Math.min(chat.limit, Math.max(1, budget.left));
      budget.left -= chat.limit;
    }
    taken.push(chat);
  }
  return taken;
}
