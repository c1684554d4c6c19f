/** @packageDocumentation Composes the core with its engines, as the configuration says. */
export { createRuntime, type RuntimeOverrides } from './create.ts';
export type { Runtime } from './runtime.ts';
