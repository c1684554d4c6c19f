/** @packageDocumentation api, realtime and workers in one process. */
export { createStandalone, type Standalone } from './standalone.ts';
