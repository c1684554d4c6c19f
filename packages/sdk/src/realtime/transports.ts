/** The transport that was chosen. */
import { defaultTransport, loadSocketIo } from './choice.ts';
import { openRaw } from './raw.ts';
import type { OpenTransport } from './transport.ts';
import type { TransportName, WebSocketClass } from './types.ts';

/** How the transport is got, once there is something to connect for. Throws a `TypeError` where it cannot be had. */
export function transportOf({
  transport = defaultTransport,
  WebSocket: given,
}: {
  readonly transport?: TransportName | undefined;
  readonly WebSocket: WebSocketClass | undefined;
}): () => Promise<OpenTransport> {
  if (transport === 'websocket') {
    if (given || typeof WebSocket === 'function') return async () => openRaw;
    throw new TypeError(
      "There is no WebSocket here (Node has one since 22): give the option `WebSocket`, or take 'socket.io'",
    );
  }
  if (transport === 'socket.io' && loadSocketIo) return loadSocketIo;
  throw new TypeError(`There is no transport '${transport}' here`);
}
