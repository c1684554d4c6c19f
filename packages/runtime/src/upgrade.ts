/** Sockets that asked for an upgrade. The HTTP server has given them away: nothing but what is here ends them. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Milliseconds that a peer may take to close its side. */
const lingerMs = 1_000;

/**
 * Sends `last` and ends the socket. A peer that does not close its side is cut off after a second: it must not keep a
 * stopping server waiting.
 */
export function endSocket(socket: Duplex, last = ''): void {
  socket.on('error', () => socket.destroy());
  socket.end(last);
  // Its end is only seen by reading on.
  socket.resume();
  const late = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(late));
}

/** Answers an upgrade request with a plain status and lets the socket go, within a second. */
export function refuseUpgrade(socket: Duplex, status: 400 | 404 | 503): void {
  const retry = status === 503 ? 'Retry-After: 1\r\n' : '';
  endSocket(
    socket,
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
