/** @packageDocumentation The engines behind core's ports other than the stores, and what every program needs. */
export * from './config.ts';
export * from './inbox.ts';
export * from './log.ts';
export * from './metrics.ts';
export * from './readiness.ts';
