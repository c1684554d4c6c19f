/** What forwarding reads from requests, and writes for them. */
import type { IncomingMessage } from 'node:http';

/** Headers that speak of one connection only (RFC 9110 section 7.6.1); Node has already taken the body out of its chunks. */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** The address of the client, behind so many trusted proxies. */
export function clientAddress(req: IncomingMessage, trustProxy: number): string | undefined {
  const passed = String(req.headers['x-forwarded-for'] ?? '').split(',');
  const hops = [...passed.map((hop) => hop.trim()).filter(Boolean), req.socket.remoteAddress];
  return hops.at(-1 - Math.min(trustProxy, hops.length - 1));
}

/** X-Forwarded-For with the peer appended to what it said itself. */
export function forwardedFor(req: IncomingMessage): string {
  return [req.headers['x-forwarded-for'], req.socket.remoteAddress].filter(Boolean).join(', ');
}

/** The Socket.IO session that a request belongs to; null where it begins one. */
export function sessionId(req: IncomingMessage): string | null {
  return new URLSearchParams((req.url ?? '').split('?')[1]).get('sid') || null;
}

/** Status line and headers: of an upgrade as they came, of any other answer such that the body ends with the connection. */
export function headOf(response: IncomingMessage): string {
  const upgraded = response.statusCode === 101;
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  for (let i = 0; i < response.rawHeaders.length; i += 2) {
    const name = response.rawHeaders[i] as string;
    if (upgraded || !hopByHop.has(name.toLowerCase())) lines.push(`${name}: ${response.rawHeaders[i + 1]}`);
  }
  if (!upgraded) lines.push('Connection: close');
  return `${lines.join('\r\n')}\r\n\r\n`;
}
