/** @packageDocumentation Real time: raw WebSocket and Socket.IO side by side, one behaviour (contract section 4). */
export { handlers } from './events/index.ts';
export { startRealtime } from './program.ts';
export { createRealtime, type Realtime } from './realtime.ts';
export type { Timings } from './timings.ts';
