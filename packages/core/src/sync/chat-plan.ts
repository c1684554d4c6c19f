/** What is to be told of one chat, from what the caller holds of it and how it stands to it (contract section 2, Sync). */
import { type ChatNumbers, limits } from '@parley/contract';
import type { SyncMembership } from '../ports/stores.ts';

/** A part of what a chat's numbers stand for. */
export interface ChatPlan {
  chatId: string;
  /** Null where the caller was never in it. */
  membership: SyncMembership | null;
  /**
   * `delta` is what came after the numbers given, `reset` the beginning. Of an `unknown` chat nothing can be told: the caller was never in it,
   * or it is not known yet what it may see.
   */
  kind: 'delta' | 'reset' | 'unknown';
  removed: boolean;
  /** Messages that changed in (`from`, `upTo`] are told; where it begins anew, the newest. */
  version: { from: number; upTo: number };
  /** The same of all else. */
  state: { from: number; upTo: number };
  /** Messages where it begins anew: `seq` in (`from`, `to`]. */
  newest: { from: number; to: number };
  /** Messages at most. */
  limit: number;
}

/**
 * The plan; undefined where there is nothing to tell, unless something else names the chat (`named`). `head` is the chat's, read before the
 * membership: of who left since, it may be of later.
 */
export function planChat(
  chatId: string,
  known: ChatNumbers | undefined,
  membership: SyncMembership | undefined,
  head: { seq: number; version: number },
  { named, first }: { named: boolean; first: number },
): ChatPlan | undefined {
  if (!membership || membership.joined_seq === null) return unknownChat(chatId, membership);
  const { left_seq, left_version, joined_seq, settled_version } = membership;
  const removed = left_seq !== null;
  const upTo = left_version ?? head.version;
  const held = known ?? { version: 0, state_version: 0 };
  const isReset = known === undefined || beginsAnew(known, membership, upTo);
  if (!isReset && !named && held.version >= upTo && held.state_version >= settled_version) return undefined;
  const top = left_seq ?? head.seq;
  const newest = { from: Math.max(joined_seq, top - first), to: Math.max(joined_seq, top) };
  const plan = { chatId, membership, removed, newest };
  if (isReset) {
    return {
      ...plan,
      kind: 'reset',
      version: { from: 0, upTo },
      // Also what never changed since the chat was made.
      state: { from: -1, upTo: settled_version },
      limit: newest.to - newest.from,
    };
  }
  return {
    ...plan,
    kind: 'delta',
    version: { from: Math.min(held.version, upTo), upTo },
    state: { from: held.state_version, upTo: Math.max(held.state_version, settled_version) },
    limit: upTo - Math.min(held.version, upTo),
  };
}

function unknownChat(chatId: string, membership: SyncMembership | undefined): ChatPlan {
  const nothing = { from: 0, upTo: 0 };
  return {
    chatId,
    membership: membership ?? null,
    kind: 'unknown',
    removed: membership === undefined || membership.left_seq !== null,
    version: nothing,
    state: nothing,
    newest: { from: 0, to: 0 },
    limit: 0,
  };
}

/** Whether what is held is of no use: not the server's, too old to tell the way from it, or of a membership before this one. */
function beginsAnew(held: ChatNumbers, membership: SyncMembership, upTo: number): boolean {
  // Who left may hold more than it is told now: what came between the last look before leaving and leaving.
  const isTooNew = membership.left_seq === null && held.version > upTo;
  return (
    isTooNew ||
    held.state_version > membership.state_version ||
    upTo - held.version > limits.syncSpan ||
    held.state_version < membership.joined_version
  );
}
