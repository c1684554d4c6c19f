/**
 * Exact sync (contract section 2, Sync): from the caller's numbers to everything that changed after them, as it is now.
 *
 * Every number in an answer is one up to which all was told, so a client may stop after any page and go on from there; what changed
 * while it was read has a larger number, and is told by the next call. Answers tell states, not changes: applying one twice changes nothing.
 */
import { limits, type SyncChat, type SyncInput, type SyncResult } from '@parley/contract';
import { type DescribeParts, summarise } from '../chats/describe.ts';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { PresentParts } from '../messages/present.ts';
import type { ChatPlan } from './chat-plan.ts';
import { type Held, look } from './look.ts';
import { readMessages } from './messages.ts';
import { ownChanges } from './own.ts';
import { planPage } from './page.ts';
import { presentCompany, readCompany } from './participants.ts';

export type SyncParts = PresentParts & DescribeParts & Pick<Core, 'chatCache' | 'contacts'>;

/** How large an answer may be, in bytes of JSON: pages are made smaller until they are not larger than `wanted`, if they can be; never `most`. */
export interface SyncSize {
  wanted: number;
  most: number;
}

/**
 * A page of what changed after the caller's numbers; `has_more` says that there is more behind it. Errors: `NOT_FOUND` (the account does
 * not exist any more), `PAYLOAD_TOO_LARGE` (not even the smallest page is within `size.most`), `SERVICE_UNAVAILABLE`.
 */
export async function syncChanges(
  core: SyncParts,
  caller: Caller,
  input: SyncInput,
  size?: SyncSize,
): Promise<SyncResult> {
  const held: Held = { user: input.user ?? 0, chats: new Map(Object.entries(input.chats ?? {})) };
  let limit = input.limit ?? limits.syncPage.default;
  for (;;) {
    const page = await readPage(core, caller, held, limit);
    if (!size) return page;
    const bytes = Buffer.byteLength(JSON.stringify(page));
    if (bytes <= size.wanted) return page;
    if (limit === 1) {
      if (bytes <= size.most) return page;
      throw new AppError(
        'PAYLOAD_TOO_LARGE',
        'The answer is too large for a frame: ask for it by POST /sync',
      );
    }
    limit = Math.max(1, Math.min(limit - 1, Math.floor((limit * size.wanted * 0.8) / bytes)));
  }
}

async function readPage(core: SyncParts, caller: Caller, held: Held, limit: number): Promise<SyncResult> {
  const viewer = caller.userId;
  const sight = await look(core, viewer, held, limit);
  let page = planPage(sight, held, limit);
  const company = await readCompany(core, page.chats);
  if (company.fits < page.chats.length) page = planPage(sight, held, limit, company.fits);
  if (company.cutAt !== null && page.chats[0]) page.chats[0].state.upTo = company.cutAt;

  const isReset = held.user === 0 || held.user > sight.head;
  const ids = page.chats.map(({ chatId }) => chatId);
  const [listings, told] = await Promise.all([
    core.chats.listings(viewer, ids),
    readMessages(core, viewer, page.chats),
  ]);
  const [participants, summaries, changes] = await Promise.all([
    presentCompany(core, viewer, company.members, listings),
    summarise(
      core,
      viewer,
      ids.flatMap((id) => listings.get(id) ?? []),
    ),
    ownChanges(core, caller, page.rows, listings, isReset),
  ]);
  const summaryOf = new Map(summaries.map((summary) => [summary.chat_id, summary]));
  const chats = page.chats.map((plan): SyncChat => {
    const { messages, version } = told.get(plan.chatId) ?? { messages: [], version: plan.version.upTo };
    const numbers = { version, state_version: plan.state.upTo };
    const summary = summaryOf.get(plan.chatId);
    return {
      ...begin(plan),
      ...numbers,
      // Its numbers may be of later than what is told.
      chat: summary ? { ...summary, ...numbers } : null,
      participants: plan.removed ? [] : (participants.get(plan.chatId) ?? []),
      messages,
    };
  });
  const isCut = company.cutAt !== null || [...told.values()].some((each) => each.isCut);
  return {
    user: { version: page.userVersion, reset: isReset, changes },
    chats: [...page.strange.map((plan) => ({ ...begin(plan), ...nothing })), ...chats],
    has_more: page.hasMore || isCut,
  };
}

const nothing = { version: 0, state_version: 0, chat: null, participants: [], messages: [] };

function begin({ chatId, kind, removed }: ChatPlan): Pick<SyncChat, 'chat_id' | 'reset' | 'removed'> {
  return { chat_id: chatId, reset: kind !== 'delta', removed };
}
