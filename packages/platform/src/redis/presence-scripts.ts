/** The single steps of presence, each over one key. Times are milliseconds since the epoch by Redis, with fractions. */
import { Script } from './script.ts';

const now = `local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000`;

/** Takes or renews leases of a user; returns when they end. ARGV: length of a lease in ms, connections. */
export const hold = new Script(`${now}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.3f', now))
local ends = string.format('%.3f', now + ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], ends, ARGV[i]) end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.ceil(now + ARGV[1])))
return ends`);

/**
 * Gives a lease up. Returns null while others run, else an end that is later than that of every lease up to now and
 * earlier than that of every lease to come. ARGV: length of a lease in ms, connection.
 */
export const drop = new Script(`${now}
redis.call('ZREM', KEYS[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.3f', now))
local longest = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if #longest == 0 then return string.format('%.3f', now + ARGV[1]) end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.ceil(tonumber(longest[2]))))
return nil`);

/** Takes a user out of the index unless a lease ends later; returns 1 if it did. ARGV: user, end. */
export const depart = new Script(`
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ends and tonumber(ends) <= tonumber(ARGV[2]) then return redis.call('ZREM', KEYS[1], ARGV[1]) end
return 0`);

/** Takes users out of the index whose leases are over; returns them with their ends. ARGV: how many at most. */
export const takeExpired = new Script(`${now}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.3f', now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
for i = 1, #due, 2 do redis.call('ZREM', KEYS[1], due[i]) end
return due`);
