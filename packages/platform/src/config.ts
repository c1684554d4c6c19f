/**
 * Configuration from the environment: strict, typed, and documented in one place, from which the README's table is made.
 * An error names the variable and what it must be, never its value.
 */
import { type RateLimit, type RateScope, rateLimits } from '@parley/contract';
import { type EngineConfig, engineProblems, engineSchema } from './config/engines.ts';
import { type MediaConfig, mediaSchema } from './config/media.ts';
import { type ProgramConfig, programSchema } from './config/program.ts';
import { type PushConfig, pushProblems, pushSchema } from './config/push.ts';
import { rateNames, readLimit, showLimit } from './config/rates.ts';

export interface Config extends ProgramConfig, EngineConfig, MediaConfig, PushConfig {
  rateLimits: Record<RateScope, RateLimit>;
}

export const schema = { ...programSchema, ...engineSchema, ...mediaSchema, ...pushSchema };

/** Thrown with one line per broken variable. */
export class ConfigError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(`The configuration is not valid:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Reads and checks the environment. Errors: `ConfigError` with every problem at once. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const take = <T>(name: string, fallback: string, read: (value: string) => T): T | undefined => {
    try {
      return read((env[name] ?? '') === '' ? fallback : (env[name] as string).trim());
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`);
      return undefined;
    }
  };
  const entries = Object.entries(schema).map(([key, variable]) => [
    key,
    take(variable.name, variable.fallback, variable.read as (value: string) => unknown),
  ]);
  const limits = Object.entries(rateNames).map(([scope, [name]]) => [
    scope,
    take(name, showLimit(rateLimits[scope as RateScope]), readLimit),
  ]);
  const config = { ...Object.fromEntries(entries), rateLimits: Object.fromEntries(limits) } as Config;
  const known = new Set(configTable().map((row) => row.name));
  for (const name of Object.keys(env)) {
    if (name.startsWith('PARLEY_') && !known.has(name)) problems.push(`${name} is not a variable of Parley`);
  }
  if (problems.length === 0) {
    problems.push(...engineProblems(config), ...pushProblems(config), ...productionProblems(config));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function productionProblems(config: Config): string[] {
  if (!config.production) return [];
  const problems: string[] = [];
  if (config.jwtSecret === null) problems.push('JWT_SECRET must be set in production');
  else if (new Set(config.jwtSecret).size < 10)
    problems.push('JWT_SECRET must not be guessable: use random characters');
  if (config.otpEcho) problems.push('OTP_ECHO must not be true in production');
  if (config.otpHashCost < 10) problems.push('OTP_HASH_COST must be 10 or more in production');
  if (config.rateLimitScale === 0) problems.push('RATE_LIMIT_SCALE must not be 0 in production');
  return problems;
}

/** Every variable with its default and meaning, for the README. */
export function configTable(): { name: string; fallback: string; doc: string }[] {
  const general = Object.values(schema).map(({ name, fallback, doc }) => ({ name, fallback, doc }));
  const rates = Object.entries(rateNames).map(([scope, [name, doc]]) => ({
    name,
    fallback: showLimit(rateLimits[scope as RateScope]),
    doc: `${doc}: points per seconds, and a burst`,
  }));
  return [...general, ...rates];
}
