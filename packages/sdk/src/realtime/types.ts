import type { InputOf, ServerEventData } from '@parley/contract';

/**
 * `idle`: not asked to be connected. `connecting`: a connection is being made. `online`: connected. `offline`: the
 * connection was lost or could not be made; the next try comes by itself, after 1, 2, 4 ... at most 30 seconds.
 */
export type RealtimeStatus = 'idle' | 'connecting' | 'online' | 'offline';

type WithoutId<T> = T extends unknown ? Omit<T, 'client_msg_id'> : never;

/** A message to send: the contract's `message.send`; without a `client_msg_id` one is made. */
export type Draft = WithoutId<InputOf<'messages.send'>> & {
  /** UUID, chosen by the client: the same id is stored once, for ever. */
  client_msg_id?: string | undefined;
};

/** The answer to a send (contract section 4, `message.sent`). */
export type Sent = ServerEventData<'message.sent'>;

/** A class like the browser's `WebSocket`. */
export type WebSocketClass = new (url: string, protocols?: string | string[]) => WebSocket;

/**
 * What carries the live connection. `socket.io`: a WebSocket, or long polling where the network lets none pass. `websocket`: a raw
 * WebSocket and nothing else, which is far smaller. All else is the same.
 */
export type TransportName = 'socket.io' | 'websocket';
