/**
 * Which instances hold a topic: hashes `routes:<n>`, topic → ids of instances with a space between, and beside them the
 * markers of the instances.
 */
import { unavailable } from '@parley/core';
import type { RedisConnection } from './connection.ts';
import { type Markers, markerOf, routesKey } from './markers.ts';
import { Script } from './script.ts';
import { byShard } from './shards.ts';

/** Topics in one command: Redis serves others in between. */
const batchSize = 1_000;

/** ARGV: an id to put in, an id to take out (or ''), the marker that goes with it (or ''), topics. */
const change = new Script(`
local add, drop, marker = ARGV[1], ARGV[2], ARGV[3]
if marker ~= '' and redis.call('HGET', KEYS[1], marker) == drop then redis.call('HDEL', KEYS[1], marker) end
for i = 4, #ARGV do
  local topic = ARGV[i]
  local held = redis.call('HGET', KEYS[1], topic)
  local ids, has = {}, false
  if held then
    for id in string.gmatch(held, '%S+') do
      if id == add then has = true end
      if id ~= drop then ids[#ids + 1] = id end
    end
  end
  if add ~= '' and not has then ids[#ids + 1] = add end
  local now = table.concat(ids, ' ')
  if now == '' then
    if held then redis.call('HDEL', KEYS[1], topic) end
  elseif now ~= held then
    redis.call('HSET', KEYS[1], topic, now)
  end
end`);

/** Errors of all methods: `SERVICE_UNAVAILABLE`. */
export class Routes {
  readonly #redis: RedisConnection;
  readonly #markers: Markers;

  constructor(redis: RedisConnection, markers: Markers) {
    this.#redis = redis;
    this.#markers = markers;
  }

  /** The instance `id` holds the topics from now on; `former` is an id it had before, which goes. */
  add(id: string, topics: Iterable<string>, former = ''): Promise<void> {
    return this.#change(id, former, '', topics);
  }

  /** The instance `id` holds them no more. */
  remove(id: string, topics: Iterable<string>): Promise<void> {
    return this.#change('', id, '', topics);
  }

  /** The instance `id` is no more: as `remove`, and its markers beside these topics go, too. */
  forget(id: string, topics: Iterable<string>): Promise<void> {
    return this.#change('', id, markerOf(id), topics);
  }

  /**
   * The ids of the instances that hold each topic; topics that nobody holds are left out. Where routes were lost, nobody
   * can tell who holds a topic: that is `SERVICE_UNAVAILABLE`.
   */
  async find(topics: Iterable<string>): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    await Promise.all(
      this.#batches(topics).map(async ([shard, batch]) => {
        // Asked before: the marker may be written for the first time while the answer is on its way.
        const marked = this.#markers.has(shard);
        const [marker, ...held] = await this.#redis.run(() =>
          this.#redis.commands.hmget(routesKey(shard), this.#markers.field, ...batch),
        );
        if (!marker) await this.#unmarked(shard, marked);
        batch.forEach((topic, index) => {
          const ids = held[index];
          if (ids) found.set(topic, ids.includes(' ') ? ids.split(' ') : [ids]);
        });
      }),
    );
    return found;
  }

  async #unmarked(shard: number, marked: boolean): Promise<void> {
    if (!marked) return this.#markers.begin(shard);
    this.#markers.miss(shard);
    throw unavailable('Redis', new Error('routes were lost: instances are telling their topics again'));
  }

  async #change(add: string, drop: string, marker: string, topics: Iterable<string>): Promise<void> {
    await Promise.all(
      this.#batches(topics).map(([shard, batch]) =>
        this.#redis.script(change, routesKey(shard), [add, drop, marker, ...batch]),
      ),
    );
  }

  #batches(topics: Iterable<string>): [shard: number, topics: string[]][] {
    const batches: [number, string[]][] = [];
    for (const [shard, group] of byShard(topics, this.#redis.shards, (topic) => topic)) {
      for (let from = 0; from < group.length; from += batchSize) {
        batches.push([shard, group.slice(from, from + batchSize)]);
      }
    }
    return batches;
  }
}
