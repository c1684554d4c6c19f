/** JSON logs (pino). Phones, tokens, codes and message text are never logged. */
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config.ts';

export type { Logger } from 'pino';

/** Field names that must not reach a log, wherever they stand in the first two levels. */
const secretFields = [
  'phone',
  'to',
  'otp',
  'code',
  'token',
  'access_token',
  'refresh_token',
  'authorization',
  'body',
  'payload',
  'caption',
];

/**
 * Of an error what helps to find it, with at most `depth` errors of its chain of causes: drivers put values (phones among
 * them) into other fields, and what is thrown and no error may be anything.
 */
export function describeError(error: unknown, depth = 4): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    stack,
    ...(cause !== undefined && depth > 1 ? { cause: describeError(cause, depth - 1) } : {}),
  };
}

/** Makes the program's logger; `destination` is for tests. */
export function createLog(
  config: Pick<Config, 'logLevel'>,
  program: string,
  destination?: { write(line: string): void },
): Logger {
  const options = {
    level: config.logLevel,
    base: { program, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: unknown) => describeError(error) },
    redact: {
      paths: secretFields.flatMap((field) => [field, `*.${field}`]),
      censor: '[hidden]',
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
