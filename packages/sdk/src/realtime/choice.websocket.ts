/** In place of `choice.ts` where Socket.IO's client is left out. */
import type { OpenTransport } from './transport.ts';
import type { TransportName } from './types.ts';

export const defaultTransport: TransportName = 'websocket';

/** Null: there is none. */
export const loadSocketIo: (() => Promise<OpenTransport>) | null = null;
