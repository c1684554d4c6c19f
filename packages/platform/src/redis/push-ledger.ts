/**
 * What workers remember of pushes, in Redis, all instances together (contract section 6). Each key goes a day after it was last written to;
 * ids are UUIDs. What Redis loses, in a fail-over or by eviction, is a push that does not come, or one that a redelivery repeats.
 */
import type { PushLedger, PushNote, PushWindow } from '@parley/core';
import type { RedisConnection } from './connection.ts';
import { claimsKey, digits, keptMs, notesKey, shownKey } from './push-keys.ts';
import { addEach, takeAll, writeNotes } from './push-scripts.ts';
import { PushWindows } from './push-windows.ts';

type Pair = Parameters<PushLedger['claim']>[0][number];
/** What is stored of a note behind its time. */
type Noted = Pick<PushNote, 'reason' | 'detail'>;

/** Errors of all methods: `SERVICE_UNAVAILABLE`. */
export class RedisPushLedger implements PushLedger {
  readonly #redis: RedisConnection;
  readonly #windows: PushWindows;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
    this.#windows = new PushWindows(redis);
  }

  gather(...call: Parameters<PushLedger['gather']>): Promise<void> {
    return this.#windows.gather(...call);
  }

  take(now: number, limit: number, leaseMs: number): Promise<PushWindow[]> {
    return this.#windows.take(now, limit, leaseMs);
  }

  close(windows: readonly PushWindow[]): Promise<void> {
    return this.#windows.close(windows);
  }

  nextDue(): Promise<number | null> {
    return this.#windows.nextDue();
  }

  async claim(pairs: readonly Pair[]): Promise<boolean[]> {
    const won: boolean[] = pairs.map(() => false);
    const places = Map.groupBy(pairs.keys(), (place) => pairs[place]?.messageId ?? '');
    const results = await Promise.allSettled(
      [...places].map(async ([messageId, group]) => {
        const devices = group.map((place) => pairs[place]?.deviceId ?? '');
        const added = (await this.#redis.script(addEach, claimsKey(messageId), [
          keptMs,
          ...devices,
        ])) as number[];
        group.forEach((place, n) => {
          won[place] = added[n] === 1;
        });
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (!failed) return won;
    // A claim that its owner does not know of is a push that never comes.
    await this.giveBack(pairs.filter((_, place) => won[place])).catch(() => undefined);
    throw failed.reason;
  }

  async giveBack(pairs: readonly Pair[]): Promise<void> {
    const { commands } = this.#redis;
    const messages = Map.groupBy(pairs, ({ messageId }) => messageId);
    await this.#redis.run(() =>
      Promise.all(
        [...messages].map(([messageId, group]) =>
          commands.srem(claimsKey(messageId), ...group.map(({ deviceId }) => deviceId)),
        ),
      ),
    );
  }

  async shown(userId: string, chatId: string, deviceIds: readonly string[]): Promise<void> {
    if (deviceIds.length > 0)
      await this.#redis.script(addEach, shownKey(userId, chatId), [keptMs, ...deviceIds]);
  }

  async takeShown(userId: string, chatId: string): Promise<string[]> {
    return (await this.#redis.script(takeAll, shownKey(userId, chatId), [])) as string[];
  }

  async note(notes: readonly PushNote[], now: number): Promise<void> {
    const messages = Map.groupBy(notes, ({ messageId }) => messageId);
    await Promise.all(
      [...messages].map(([messageId, group]) => {
        const written = group.flatMap(({ userId, reason, detail }) => [
          userId,
          JSON.stringify({ reason, detail } satisfies Noted),
        ]);
        return this.#redis.script(writeNotes, notesKey(messageId), [keptMs, digits(now), ...written]);
      }),
    );
  }

  async why(messageId: string, userId: string): Promise<(PushNote & { at: number }) | undefined> {
    const held = await this.#redis.run(() => this.#redis.commands.hget(notesKey(messageId), userId));
    if (!held) return undefined;
    const from = digits(0).length;
    const noted = JSON.parse(held.slice(from)) as Noted;
    return { messageId, userId, ...noted, at: Number(held.slice(0, from)) };
  }

  /** Nothing to do: Redis forgets by itself. */
  async sweep(): Promise<void> {}
}
