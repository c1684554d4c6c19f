/**
 * Writes positions in group commits: of the moves that gather, only the furthest of each user and chat is written. One
 * event per move tells senders how far it came, whatever the number of messages it passed.
 */
import type { BusEvent } from '@parley/contract';
import { isPresent } from '../chats/access.ts';
import type { ChatCache } from '../chats/cache.ts';
import { isUnavailable } from '../error.ts';
import { Batcher } from '../lib/batcher.ts';
import { makeEvent } from '../lib/events.ts';
import { derivedId } from '../lib/ids.ts';
import type { Clock, Log, Publisher } from '../ports/engines.ts';
import type {
  ChatStore,
  EventContext,
  MessageStore,
  PositionMove,
  PositionResult,
  PrivacyStore,
  Span,
} from '../ports/stores.ts';
import { readsVisibleIn } from './reads.ts';

/** A move that was committed: enough to make its event, now or after a crash. */
export interface CommittedMove {
  chatId: string;
  userId: string;
  delivered: Span | null;
  read: Span | null;
  stateVersion: number;
  at: string;
  context: EventContext;
}

interface Parts {
  chats: Pick<ChatStore, 'advance'>;
  messages: Pick<MessageStore, 'others'>;
  privacy: PrivacyStore;
  chatCache: ChatCache;
  publisher: Publisher;
  clock: Clock;
  log: Log;
}

/** Ids that one status event names at most; clients that need more go by `up_to_seq`. */
const idsPerEvent = 100;

export class PositionWriter {
  readonly #parts: Parts;
  readonly #batcher: Batcher<PositionMove, PositionResult>;
  readonly #publishing = new Set<Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#batcher = new Batcher<PositionMove, PositionResult>({
      maxSize: 500,
      run: (moves) => this.#run(moves),
      isolate: (error) => !isUnavailable(error),
    });
  }

  /** Resolves once the move is committed, with where the positions stand then. */
  move(move: PositionMove): Promise<PositionResult> {
    return this.#batcher.add(move);
  }

  /** Resolves when nothing waits for a commit, and every committed move was handed to the publisher. */
  async settled(): Promise<void> {
    await this.#batcher.settled();
    while (this.#publishing.size > 0) await Promise.all(this.#publishing);
  }

  async #run(moves: PositionMove[]): Promise<PositionResult[]> {
    const merged = new Map<string, PositionMove>();
    for (const move of moves) {
      const key = move.chatId + move.userId;
      const other = merged.get(key);
      if (other) {
        other.delivered = Math.max(other.delivered, move.delivered);
        other.read = Math.max(other.read, move.read);
        // Told to all of the user's connections: none of them knows how far the others came.
        if (other.context.origin !== move.context.origin) {
          const session =
            other.context.session === move.context.session ? (other.context.session ?? null) : null;
          other.context = { ...other.context, origin: null, session };
        }
      } else merged.set(key, { ...move });
    }
    const results = await this.#parts.chats.advance([...merged.values()]);
    const byKey = new Map([...merged.keys()].map((key, index) => [key, results[index] as PositionResult]));
    const publishing = this.#publish([...merged.values()], results).finally(() =>
      this.#publishing.delete(publishing),
    );
    this.#publishing.add(publishing);
    return moves.map((move) => byKey.get(move.chatId + move.userId) as PositionResult);
  }

  /** Nobody waits for this: what fails here is published by the relay's sweep. */
  async #publish(moves: PositionMove[], results: PositionResult[]): Promise<void> {
    const byOutbox = new Map<string, CommittedMove[]>();
    moves.forEach((move, index) => {
      const moved = results[index]?.moved;
      if (!moved) return;
      const list = byOutbox.get(moved.outboxId) ?? [];
      byOutbox.set(moved.outboxId, list);
      list.push({ chatId: move.chatId, userId: move.userId, context: move.context, ...moved });
    });
    try {
      for (const [outboxId, committed] of byOutbox) {
        this.#parts.publisher.publish(outboxId, await statusEvents(this.#parts, committed));
      }
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'status events wait for the sweep');
    }
  }
}

/** What one event tells: how far one of the two positions came. */
interface Report {
  move: CommittedMove;
  status: 'delivered' | 'read';
  span: Span;
}

/** A read tells of delivery too, unless delivery came further: then senders learn of both. */
function reportsOf(move: CommittedMove): Report[] {
  const reports: Report[] = [];
  if (move.read) reports.push({ move, status: 'read', span: move.read });
  if (move.delivered && move.delivered.to > (move.read?.to ?? 0)) {
    const from = Math.max(move.delivered.from, move.read?.to ?? 0);
    reports.push({ move, status: 'delivered', span: { from, to: move.delivered.to } });
  }
  return reports;
}

/** The `msg.status.updated` events of committed moves. */
export async function statusEvents(
  parts: Pick<Parts, 'messages' | 'privacy' | 'chatCache' | 'clock'>,
  moves: readonly CommittedMove[],
): Promise<BusEvent<'msg.status.updated'>[]> {
  const reports = moves.flatMap(reportsOf);
  const spans = reports.map(({ move, span }) => ({
    chatId: move.chatId,
    userId: move.userId,
    ...span,
    limit: idsPerEvent,
  }));
  const others = await parts.messages.others(spans);
  return Promise.all(reports.map((report, index) => statusEvent(parts, report, others[index] ?? [])));
}

async function statusEvent(
  parts: Pick<Parts, 'privacy' | 'chatCache' | 'clock'>,
  { move, status, span }: Report,
  passed: { message_id: string; sender_id: string }[],
): Promise<BusEvent<'msg.status.updated'>> {
  const chat = await parts.chatCache.get(move.chatId);
  const visible = status === 'delivered' || !chat || (await readsVisibleIn(parts, chat));
  // A move with two events keeps its id for the first; the second's must be the same in a repeat.
  const { eventId } = move.context;
  const context =
    status === 'delivered' && move.read
      ? { ...move.context, eventId: derivedId(eventId, status) }
      : move.context;
  return makeEvent(
    'msg.status.updated',
    context,
    {
      chat_id: move.chatId,
      user_id: move.userId,
      status,
      up_to_seq: span.to,
      message_ids: passed.map((message) => message.message_id),
      // Who was removed is told nothing more.
      sender_ids: [...new Set(passed.map((message) => message.sender_id))].filter(
        (id) => chat === undefined || isPresent(chat, id),
      ),
      state_version: move.stateVersion,
      timestamp: move.at,
      visible,
      delivered_moved: move.delivered !== null,
      origin: move.context.origin,
      session_id: move.context.session ?? null,
    },
    parts.clock.now(),
  );
}
