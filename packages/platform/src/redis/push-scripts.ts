/**
 * The single steps of the push ledger, each within one slot. Numbers are kept as 16 digits, so that they compare as text; ids are UUIDs.
 *
 * Windows: KEYS are `push:{n}:due`, a sorted set of `<chat>/<field>` by the time it is due, and `push:{n}:chat:<chat>`, a hash:
 *
 * - `<user>` → floor, and where a window is open its end, its count, and its messages as seq and id. Messages up to the floor are not
 *   added: they left with a window, or are too old for the open one, which keeps its newest;
 * - `<user>/<token>` → count and messages of a window that a worker deals with; the field's name is its lease.
 */
import { Script } from './script.ts';

/** ARGV: time to live in ms, chat, seq, message, end, how many messages to keep, users. */
export const gather = new Script(`
local ttl, chat, seq, id, ends, kept = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local digits, width = 16, 16 + #id
local head = 3 * digits
local one = string.format('%016.0f', 1)
for i = 7, #ARGV do
  local user = ARGV[i]
  local held = redis.call('HGET', KEYS[2], user)
  local floor = held and held:sub(1, digits) or string.rep('0', digits)
  if seq > floor then
    if not held or #held == digits then
      redis.call('HSET', KEYS[2], user, floor .. ends .. one .. seq .. id)
      redis.call('ZADD', KEYS[1], ends, chat .. '/' .. user)
    else
      -- Mostly it is the newest; one that came late goes where it belongs.
      local count = (#held - head) / width
      local place, known = count, false
      while place > 0 do
        local from = head + (place - 1) * width
        local other = held:sub(from + 1, from + digits)
        if other == seq then known = true end
        if other <= seq then break end
        place = place - 1
      end
      if not known then
        local messages = held:sub(head + 1, head + place * width) .. seq .. id .. held:sub(head + place * width + 1)
        if count >= kept then
          floor = messages:sub(1, digits)
          messages = messages:sub(width + 1)
        end
        local total = string.format('%016.0f', tonumber(held:sub(2 * digits + 1, head)) + 1)
        redis.call('HSET', KEYS[2], user, floor .. held:sub(digits + 1, 2 * digits) .. total .. messages)
      end
    end
  end
end
redis.call('PEXPIRE', KEYS[1], ttl)
redis.call('PEXPIRE', KEYS[2], ttl)`);

/**
 * Takes those of a chat's windows that are still due; returns lease and content of each. ARGV: time to live in ms, chat, now, when the
 * leases end, a token that no other call has, length of an id, fields.
 */
export const take = new Script(`
local ttl, chat, now, ends, token = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local digits, width = 16, 16 + tonumber(ARGV[6])
local taken = {}
for i = 7, #ARGV do
  local field = ARGV[i]
  local member = chat .. '/' .. field
  local due = redis.call('ZSCORE', KEYS[1], member)
  if due and tonumber(due) <= now then
    redis.call('ZREM', KEYS[1], member)
    local held = redis.call('HGET', KEYS[2], field)
    local user = string.match(field, '^[^/]+')
    local content
    if held and user ~= field then
      redis.call('HDEL', KEYS[2], field)
      content = held
    elseif held and #held > digits then
      redis.call('HSET', KEYS[2], user, held:sub(-width, -width + digits - 1))
      content = held:sub(2 * digits + 1)
    end
    if content then
      local lease = user .. '/' .. token .. i
      redis.call('HSET', KEYS[2], lease, content)
      redis.call('ZADD', KEYS[1], ends, chat .. '/' .. lease)
      taken[#taken + 1] = lease
      taken[#taken + 1] = content
    end
  end
end
redis.call('PEXPIRE', KEYS[1], ttl)
redis.call('PEXPIRE', KEYS[2], ttl)
return taken`);

/** ARGV: chat, leases. */
export const close = new Script(`
for i = 2, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[i])
  redis.call('ZREM', KEYS[1], ARGV[1] .. '/' .. ARGV[i])
end`);

/** Adds to a set; returns 1 for each member that was not in it. ARGV: time to live in ms, members. */
export const addEach = new Script(`
local added = {}
for i = 2, #ARGV do added[i - 1] = redis.call('SADD', KEYS[1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return added`);

/** Empties a set; returns what was in it. */
export const takeAll = new Script(`
local members = redis.call('SMEMBERS', KEYS[1])
redis.call('DEL', KEYS[1])
return members`);

/** ARGV: time to live in ms, when it is noted as 16 digits, then user and note in turn. A later note stays. */
export const writeNotes = new Script(`
for i = 3, #ARGV, 2 do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  if not held or held:sub(1, 16) <= ARGV[2] then redis.call('HSET', KEYS[1], ARGV[i], ARGV[2] .. ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])`);
