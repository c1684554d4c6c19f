/** How the S3 engine reaches its server: bounded waits, and which errors mean that the server is away. */
import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Socket } from 'node:net';
import { unavailable } from '@parley/core';

/**
 * An agent whose connections end when nothing moves on them for `timeoutMs`: while the name is looked up, while it connects,
 * while a request is sent and while its answer is awaited.
 */
export function impatientAgent(useSsl: boolean, timeoutMs: number): HttpAgent {
  const options: AgentOptions = { keepAlive: true, timeout: timeoutMs };
  const agent = useSsl ? new HttpsAgent(options) : new HttpAgent(options);
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (wanted, done) => {
    const socket = connect(wanted, done);
    if (socket instanceof Socket) {
      socket.setTimeout(timeoutMs).on('timeout', () => socket.destroy(timedOut(timeoutMs)));
    }
    return socket;
  };
  return agent;
}

export function timedOut(timeoutMs: number): Error {
  return Object.assign(new Error(`nothing came for ${timeoutMs} ms`), { code: 'ETIMEDOUT' });
}

const network = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENOTFOUND EAI_AGAIN'.split(
    ' ',
  ),
);
/** What a server says that is starting, stopping or overloaded. */
const passing = new Set([
  'InternalError',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'XMinioServerNotInitialized',
]);

export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Does a request. Errors: `SERVICE_UNAVAILABLE` where the server is away; anything else stays what it is. */
export async function once<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw away(error) ? unavailable('The object store', error) : error;
  }
}

/**
 * Does a request that may be repeated: a connection that the server closed as it was about to be used again is no outage, so
 * the request is made once more. Errors as `once`.
 */
export function request<T>(work: () => Promise<T>): Promise<T> {
  return once(() =>
    work().catch((error) => {
      if (codeOf(error) !== 'ECONNRESET' && codeOf(error) !== 'EPIPE') throw error;
      return work();
    }),
  );
}

function away(error: unknown): boolean {
  if (network.has(codeOf(error)) || passing.has(codeOf(error))) return true;
  if (error instanceof AggregateError) return error.errors.some(away);
  // So the client words an answer of 408, 429 or 5xx; it has no code.
  return error instanceof Error && error.message.includes('Retryable HTTP status');
}
