/** The programs of a cluster, started in the test's own process. */
export { startApi } from '@parley/api';
export { startRealtime } from '@parley/realtime';
export type { Program, Runtime } from '@parley/runtime';
export { startWorkers } from '@parley/workers';
