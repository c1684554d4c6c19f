/** @packageDocumentation Bus consumers and timers. */
export { startWorkers } from './program.ts';
export { createWorkers, type Workers } from './workers.ts';
