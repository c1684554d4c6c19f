const NEW = Buffer.from('{"event":"message.new"');
const SEQ = Buffer.from('"seq":');

/**
 * Finds the number of a `message.new` without making text of the frame: tens of nanoseconds instead of microseconds, as a frame to a
 * group comes once for each of its members. Frames of one chat have the number at one place, where it is looked for first.
 */
export class SeqScanner {
  /** From the frame's beginning to the key; -1 before the first one. */
  #at = -1;

  /** The number, or -1 of a frame that is no `message.new`, or is written otherwise than servers write it. */
  scan(bytes: Buffer, start: number, end: number): number {
    if (end - start < NEW.length || !stands(NEW, bytes, start)) return -1;
    let key = start + this.#at;
    if (this.#at < 0 || key + SEQ.length > end || !stands(SEQ, bytes, key)) {
      key = bytes.indexOf(SEQ, start);
      if (key < 0 || key + SEQ.length > end) return -1;
      this.#at = key - start;
    }
    let value = -1;
    for (let index = key + SEQ.length; index < end; index += 1) {
      const digit = (bytes[index] ?? 0) - 48;
      if (digit < 0 || digit > 9) break;
      value = (value < 0 ? 0 : value * 10) + digit;
    }
    return value;
  }
}

function stands(what: Buffer, bytes: Buffer, at: number): boolean {
  for (let index = 0; index < what.length; index += 1) {
    if (bytes[at + index] !== what[index]) return false;
  }
  return true;
}
