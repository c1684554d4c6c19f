/**
 * Answering while the client still sends. Closing with bytes unread resets the connection, and the client would lose the answer: so what
 * still comes is read and dropped, for a while (as RFC 9112 section 9.6 advises).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Milliseconds in all, milliseconds without a byte, and bytes after which the connection is closed whatever the client does. */
const most = { ms: 10_000, silenceMs: 2_000, bytes: 128 * 2 ** 20 };

/** Answers at once and closes the connection when the rest of the body has come, or the time is up. */
export function linger(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  head: string[],
  body: string,
): void {
  res.writeHead(status, [...head, 'Connection', 'close']);
  res.write(body);
  let dropped = 0;
  const whole = setTimeout(end, most.ms);
  const silence = setTimeout(end, most.silenceMs);
  function end() {
    clearTimeout(whole);
    clearTimeout(silence);
    req.off('data', drop);
    if (!res.writableEnded) res.end();
  }
  function drop(chunk: Buffer) {
    silence.refresh();
    dropped += chunk.length;
    if (dropped > most.bytes) end();
  }
  if (req.complete) end();
  else req.on('data', drop).once('end', end).once('close', end).once('error', end);
  req.resume();
}
