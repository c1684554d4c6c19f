/** @packageDocumentation Composes the core with its engines, as the configuration says. */
export { createRuntime, type RuntimeOverrides } from './create.ts';
export { operationsHandler } from './operations.ts';
export { type Operator, openOperator } from './operator.ts';
export { type Program, type ProgramOptions, requireShared, runProgram } from './program.ts';
export type { Runtime } from './runtime.ts';
export { type Service, serve } from './serve.ts';
export { endSocket, refuseUpgrade } from './upgrade.ts';
