/** Which transports there are. The build for pages without Socket.IO puts `choice.websocket.ts` in this file's place. */
import { chunk } from '../lib/chunk.ts';
import type { OpenTransport } from './transport.ts';
import type { TransportName } from './types.ts';

/** The one that always gets through: some networks let no WebSocket pass, and Node 20 has none. */
export const defaultTransport: TransportName = 'socket.io';

const socketIo = chunk(
  () => import('./socket-io.ts'),
  ({ openSocketIo }) => openSocketIo,
);

/** Loads Socket.IO's client. Errors: `NETWORK_ERROR`. */
export function loadSocketIo(): Promise<OpenTransport> {
  return socketIo.load();
}
