/**
 * `Expect: 100-continue` (RFC 9110 section 10.1.1): a client that asks before it sends its body is answered with 100 only when somebody
 * wants to read it, so that a refusal costs it nothing.
 */
import type { ServerResponse } from 'node:http';

const waiting = new WeakSet<ServerResponse>();

/** The client waits with its body; without this Node tells it to go on at once. */
export function holdBack(res: ServerResponse): void {
  waiting.add(res);
}

/** Call it before a body is read: tells a client that waits to send it. */
export function askForBody(res: ServerResponse): void {
  if (waiting.delete(res)) res.writeContinue();
}

/** Whether the client still waits, so that no body will come. */
export function isHeldBack(res: ServerResponse): boolean {
  return waiting.has(res);
}
