/** An upgrade request on its way to one realtime program. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { forwardedFor } from './headers.ts';
import type { Target } from './target.ts';

/** Milliseconds until a target that does not answer counts as away. */
export const answerMs = 2_000;

export type Answer =
  | { kind: 'upgraded'; response: IncomingMessage; socket: Duplex; head: Buffer }
  | { kind: 'answered'; response: IncomingMessage }
  | { kind: 'away'; error: unknown };

/**
 * Sends the upgrade on; calls `done` once, or never if the client goes away before. A target that is stopping (503) counts
 * as away. Returns what gives the question up.
 */
export function ask(
  target: Target,
  req: IncomingMessage,
  client: Duplex,
  done: (answer: Answer) => void,
): () => void {
  const outgoing = (target.endpoint.protocol === 'https:' ? httpsRequest : httpRequest)({
    ...target.endpoint,
    method: req.method,
    path: req.url,
    headers: { ...req.headers, 'x-forwarded-for': forwardedFor(req) },
    agent: false,
  });
  let settled = false;
  const late = setTimeout(() => outgoing.destroy(new Error('no answer in time')), answerMs);
  const settle = (): boolean => {
    if (settled) return false;
    settled = true;
    clearTimeout(late);
    client.off('close', giveUp);
    return true;
  };
  const giveUp = (): void => {
    if (settle()) outgoing.destroy();
  };
  client.once('close', giveUp);
  // Also hears what comes after the answer, which matters to no one.
  outgoing.on('error', (error) => {
    if (settle()) done({ kind: 'away', error });
  });
  outgoing.once('upgrade', (response, socket, head) => {
    if (settle()) done({ kind: 'upgraded', response, socket, head });
    else socket.destroy();
  });
  outgoing.once('response', (response) => {
    if (!settle()) return;
    if (response.statusCode === 503) {
      outgoing.destroy();
      done({ kind: 'away', error: new Error('it is stopping') });
    } else {
      outgoing.setTimeout(answerMs, () => outgoing.destroy());
      done({ kind: 'answered', response });
    }
  });
  outgoing.end();
  return giveUp;
}
