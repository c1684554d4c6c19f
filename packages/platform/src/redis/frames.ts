/**
 * What one instance writes to the mailbox of another: packets one after the other. Each is a JSON array of id, except, event
 * and topics, then the data as it came. The bytes between and after them cannot stand in JSON text.
 */
import type { Packet } from '@parley/core';

const afterHead = '\x1f';
const afterPacket = '\x1e';
const probeMark = '\x05';

/** A packet for an instance that holds `topics` of those it is for. */
export function encodePacket({ id, except, event, data }: Packet, topics: readonly string[]): string {
  return JSON.stringify([id, except, event, ...topics]) + afterHead + data + afterPacket;
}

/** Errors: `SyntaxError` where it is nothing that `encodePacket` made. */
export function* decodePackets(text: string): Generator<Packet> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(afterPacket, from);
    const middle = text.indexOf(afterHead, from);
    if (end === -1 || middle === -1 || middle > end) throw new SyntaxError('the mail is cut off');
    const head = JSON.parse(text.slice(from, middle)) as [string | null, string | null, string, ...string[]];
    const [id, except, event, ...topics] = head;
    yield { id, except, event, topics, data: text.slice(middle + 1, end) };
    from = end + 1;
  }
}

/** A message to oneself that carries no packet. */
export function encodeProbe(nonce: string): string {
  return probeMark + nonce;
}

/** Undefined where it is mail. */
export function decodeProbe(text: string): string | undefined {
  return text.startsWith(probeMark) ? text.slice(1) : undefined;
}
