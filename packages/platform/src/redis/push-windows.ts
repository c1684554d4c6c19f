/**
 * Windows of groups' pushes in Redis. A worker reads what is due, and then takes it chat by chat, each in one step that looks again: what
 * another worker took in between is left out. A lease is a new name for what was taken, so the former worker's name closes nothing.
 */
import { randomBytes } from 'node:crypto';
import type { PushLedger, PushWindow } from '@parley/core';
import type { RedisConnection } from './connection.ts';
import { allShards, digits, dueKey, keptMs, windowKeys } from './push-keys.ts';
import * as scripts from './push-scripts.ts';

/** Messages of a window that are kept, the newest. */
const messagesKept = 100;
const digitsLength = 16;
const idLength = 36;

/** `<chat>/<field>` as it stands in the sorted set. */
interface Due {
  chatId: string;
  field: string;
  at: number;
}

/** Errors of all methods: `SERVICE_UNAVAILABLE`. */
export class PushWindows {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async gather(...[message, userIds, windowMs, now]: Parameters<PushLedger['gather']>): Promise<void> {
    if (userIds.length === 0) return;
    const { chatId, messageId, seq } = message;
    if (messageId.length !== idLength) throw new TypeError('a message id must be a UUID');
    const settings = [keptMs, chatId, digits(seq), messageId, digits(now + windowMs), messagesKept];
    await this.#redis.script(scripts.gather, windowKeys(chatId), [...settings, ...userIds]);
  }

  /** Where a node is away, those of the others. */
  async take(now: number, limit: number, leaseMs: number): Promise<PushWindow[]> {
    const windows: PushWindow[] = [];
    let failure: unknown;
    // What was due and could not be taken, another worker took: the next look finds others, or none.
    while (failure === undefined && windows.length < limit) {
      const left = limit - windows.length;
      const due = await this.#due(now, left);
      if (due.found.length === 0) {
        failure = due.failure;
        break;
      }
      const chats = Map.groupBy(due.found.slice(0, left), ({ chatId }) => chatId);
      const taken = await settle(
        [...chats].map(([chatId, group]) => this.#takeOf(chatId, group, now, now + leaseMs)),
      );
      windows.push(...taken.found.flat());
      failure = due.failure ?? taken.failure;
    }
    if (failure !== undefined && windows.length === 0) throw failure;
    return windows;
  }

  async close(windows: readonly PushWindow[]): Promise<void> {
    const chats = Map.groupBy(windows, ({ chatId }) => chatId);
    await Promise.all(
      [...chats].map(([chatId, group]) =>
        this.#redis.script(scripts.close, windowKeys(chatId), [chatId, ...group.map(({ lease }) => lease)]),
      ),
    );
  }

  /** Those that were taken count from when they can be taken again: a worker that only waits for this forgets none. */
  async nextDue(): Promise<number | null> {
    const { found, failure } = await this.#due('+inf', 1);
    if (failure !== undefined && found.length === 0) throw failure;
    return found.length === 0 ? null : Math.min(...found.map(({ at }) => at));
  }

  /**
   * What is due up to a time, of each shard the longest due, at most `limit`. Not always the same shard first: workers that look at the same
   * time go for different windows, and a low limit gets to all of them.
   */
  async #due(upTo: number | '+inf', limit: number): Promise<Settled<Due>> {
    const { commands } = this.#redis;
    const first = Math.floor(Math.random() * allShards.length);
    const asked = [...allShards.slice(first), ...allShards.slice(0, first)].map((shard) =>
      this.#redis.run(() =>
        commands.zrangebyscore(dueKey(shard), '-inf', upTo, 'WITHSCORES', 'LIMIT', 0, limit),
      ),
    );
    const { found, failure } = await settle(asked);
    return { found: found.flatMap(toDue), failure };
  }

  async #takeOf(chatId: string, due: Due[], now: number, ends: number): Promise<PushWindow[]> {
    const token = randomBytes(9).toString('base64url');
    const args = [keptMs, chatId, now, ends, token, idLength, ...due.map(({ field }) => field)];
    const taken = (await this.#redis.script(scripts.take, windowKeys(chatId), args)) as string[];
    const windows: PushWindow[] = [];
    for (let i = 0; i < taken.length; i += 2) {
      windows.push(toWindow(chatId, taken[i] as string, taken[i + 1] as string));
    }
    return windows;
  }
}

interface Settled<T> {
  found: T[];
  /** The first error, or undefined. */
  failure: unknown;
}

async function settle<T>(asked: Promise<T>[]): Promise<Settled<T>> {
  const results = await Promise.allSettled(asked);
  return {
    found: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    failure: results.find((result) => result.status === 'rejected')?.reason,
  };
}

/** Members and scores in turn. */
function toDue(entries: string[]): Due[] {
  const due: Due[] = [];
  for (let i = 0; i < entries.length; i += 2) {
    const member = entries[i] as string;
    const end = member.indexOf('/');
    due.push({ chatId: member.slice(0, end), field: member.slice(end + 1), at: Number(entries[i + 1]) });
  }
  return due;
}

function toWindow(chatId: string, lease: string, content: string): PushWindow {
  const messages: PushWindow['messages'] = [];
  for (let at = digitsLength; at < content.length; at += digitsLength + idLength) {
    const idAt = at + digitsLength;
    messages.push({ messageId: content.slice(idAt, idAt + idLength), seq: Number(content.slice(at, idAt)) });
  }
  const userId = lease.slice(0, lease.indexOf('/'));
  return { chatId, userId, messages, count: Number(content.slice(0, digitsLength)), lease };
}
