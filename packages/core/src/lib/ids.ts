/** Ids: version 7 UUIDs, which sort by time (RFC 9562 section 5.7). */
import { createHash, randomFillSync } from 'node:crypto';
import { stringify, v7 } from 'uuid';

/** Asking the system for 16 bytes at a time costs more than all the rest of an id. */
const pool = Buffer.alloc(4096);
let used = pool.length;
let lastMs = 0;
let sequence = 0;

function random(): Uint8Array {
  if (used + 16 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return pool.subarray(used - 16, used);
}

/** A new id; those of one process rise, also within a millisecond. */
export function newId(): string {
  const bytes = random();
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    // The top bit stays clear, so that there is room to count up.
    sequence = ((bytes[6] as number) << 16) | ((bytes[7] as number) << 8) | (bytes[8] as number);
  } else {
    sequence += 1;
  }
  return v7({ random: bytes, msecs: lastMs, seq: sequence });
}

/** The id of what follows from something with an id: the same whenever it is made again (RFC 9562 section 5.8). */
export function derivedId(id: string, what: string): string {
  const bytes = createHash('sha256').update(id).update(what).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return stringify(bytes);
}

/** Whether a text is written like an id, in letters of either case (RFC 9562 section 4). */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
