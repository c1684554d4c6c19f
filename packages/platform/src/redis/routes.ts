/** Which instances hold a topic: hashes `routes:<n>`, topic → ids of instances with a space between. */
import type { RedisConnection } from './connection.ts';
import { Script } from './script.ts';
import { byShard } from './shards.ts';

/** Topics in one command: Redis serves others in between. */
const batchSize = 1_000;

/** ARGV: an id to put in, an id to take out (or ''), topics. */
const change = new Script(`
local add, drop = ARGV[1], ARGV[2]
for i = 3, #ARGV do
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

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** The instance `id` holds the topics from now on; `former` is an id it had before, which goes. */
  add(id: string, topics: Iterable<string>, former = ''): Promise<void> {
    return this.#change(id, former, topics);
  }

  /** The instance `id` holds them no more. */
  remove(id: string, topics: Iterable<string>): Promise<void> {
    return this.#change('', id, topics);
  }

  /** The ids of the instances that hold each topic; topics that nobody holds are left out. */
  async find(topics: Iterable<string>): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    await Promise.all(
      this.#batches(topics).map(async ([key, batch]) => {
        const held = await this.#redis.run(() => this.#redis.commands.hmget(key, ...batch));
        batch.forEach((topic, index) => {
          const ids = held[index];
          if (ids) found.set(topic, ids.includes(' ') ? ids.split(' ') : [ids]);
        });
      }),
    );
    return found;
  }

  async #change(add: string, drop: string, topics: Iterable<string>): Promise<void> {
    await Promise.all(
      this.#batches(topics).map(([key, batch]) => this.#redis.script(change, key, [add, drop, ...batch])),
    );
  }

  #batches(topics: Iterable<string>): [key: string, topics: string[]][] {
    const batches: [string, string[]][] = [];
    for (const [shard, group] of byShard(topics, this.#redis.shards, (topic) => topic)) {
      for (let from = 0; from < group.length; from += batchSize) {
        batches.push([`routes:${shard}`, group.slice(from, from + batchSize)]);
      }
    }
    return batches;
  }
}
