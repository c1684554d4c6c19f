/** How a consumer answers for a message (JetStream's ack protocol), and what the server says about a delivery. */
import { type Msg, nanos } from '@nats-io/transport-node';

const encoder = new TextEncoder();
const ackText = encoder.encode('+ACK');
const workingText = encoder.encode('+WPI');
const termText = encoder.encode('+TERM');
const nakText = encoder.encode('-NAK');

/** Where the connection has ended, nothing is said: without an answer the event comes again. */
function answer(message: Msg, text: Uint8Array): void {
  try {
    message.respond(text);
  } catch {
    // As above.
  }
}

/** Handled: not delivered again. Lost with the connection, it is delivered again; handlers are idempotent. */
export function ack(message: Msg): void {
  answer(message, ackText);
}

/** Given up: not delivered again. */
export function term(message: Msg): void {
  answer(message, termText);
}

/** Still being worked on: the time for an answer begins anew. */
export function working(message: Msg): void {
  answer(message, workingText);
}

/** Deliver it again, after `delayMs`. */
export function nak(message: Msg, delayMs = 0): void {
  answer(message, delayMs === 0 ? nakText : encoder.encode(`-NAK {"delay":${nanos(Math.round(delayMs))}}`));
}

/** The how-many-th delivery it is, from 1; 1 where the server's note cannot be read. */
export function deliveriesOf(message: Msg): number {
  // $JS.ACK.<stream>.<consumer>.<deliveries>.… or, with a domain, $JS.ACK.<domain>.<account>.<stream>.<consumer>.<deliveries>.…
  const tokens = (message.reply ?? '').split('.');
  return Number(tokens.length === 9 ? tokens[4] : tokens[6]) || 1;
}
