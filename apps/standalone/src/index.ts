/** @packageDocumentation api, realtime and workers in one process. */
export { createStandalone } from './standalone.ts';
