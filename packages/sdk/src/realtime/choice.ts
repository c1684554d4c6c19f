/** Which transports there are. The build for pages without Socket.IO puts `choice.websocket.ts` in this file's place. */
import type { OpenTransport } from './transport.ts';
import type { TransportName } from './types.ts';

/** The one that always gets through: some networks let no WebSocket pass, and Node 20 has none. */
export const defaultTransport: TransportName = 'socket.io';

/** Loads Socket.IO's client: a file of its own where there is a bundler. */
export async function loadSocketIo(): Promise<OpenTransport> {
  return (await import('./socket-io.ts')).openSocketIo;
}
