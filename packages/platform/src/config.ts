/**
 * Configuration from the environment: strict, typed, and documented in one place, from which the README's table is made.
 * An error names the variable and what it must be, never its value.
 */
import { type RateLimit, type RateScope, rateLimits } from '@parley/contract';

export interface Config {
  production: boolean;
  host: string;
  port: number;
  dataDir: string;
  databaseUrl: string | null;
  databasePoolSize: number;
  storeTimeoutMs: number;
  jwtSecret: string | null;
  jwtSecretPrevious: string | null;
  otpEcho: boolean;
  smsWebhookUrl: string | null;
  smsWebhookToken: string | null;
  otpHashCost: number;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  corsOrigins: string[];
  trustProxy: number;
  rateLimitScale: number;
  rateLimits: Record<RateScope, RateLimit>;
  shutdownSeconds: number;
}

/** How one variable is read. `read` throws with what the value must be. */
interface Variable<T> {
  name: string;
  /** For the table in the README. */
  doc: string;
  /** Shown in the table; what an unset variable reads as. */
  fallback: string;
  read(value: string): T;
}

type Schema = { [K in keyof Omit<Config, 'rateLimits'>]: Variable<Config[K]> };

const integer = (min: number, max: number) => (value: string) => {
  if (!/^\d{1,15}$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new Error(`must be a whole number from ${min} to ${max}`);
  }
  return Number(value);
};

const flag = (value: string) => {
  if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
  return value === 'true';
};

const secret = (value: string) => {
  if (value === '') return null;
  if (value.length < 32) throw new Error('must be at least 32 characters');
  return value;
};

const url = (protocols: string[]) => (value: string) => {
  if (value === '') return null;
  if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
    throw new Error(`must be an address beginning with ${protocols.map((p) => `${p}//`).join(' or ')}`);
  }
  return value;
};

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export const schema: Schema = {
  production: {
    name: 'NODE_ENV',
    doc: '`production` refuses to start with weak secrets or development aids',
    fallback: 'development',
    read: (value) => value === 'production',
  },
  host: {
    name: 'HOST',
    doc: 'Address to listen on; `0.0.0.0` lets other machines in',
    fallback: '127.0.0.1',
    read(value) {
      if (value === '') throw new Error('must be an address to listen on, like 0.0.0.0');
      return value;
    },
  },
  port: {
    name: 'PORT',
    doc: 'Port of REST, tRPC, `/ws`, `/socket.io` and the pages; 0 picks a free one',
    fallback: '8080',
    read: integer(0, 65535),
  },
  dataDir: {
    name: 'PARLEY_DATA_DIR',
    doc: 'Where the embedded engines keep everything',
    fallback: '.data',
    read(value) {
      if (value === '') throw new Error('must be a folder');
      return value;
    },
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    doc: 'PostgreSQL 15 or newer; unset starts the embedded PostgreSQL',
    fallback: '',
    read: url(['postgres:', 'postgresql:']),
  },
  databasePoolSize: {
    name: 'DATABASE_POOL_SIZE',
    doc: 'PostgreSQL connections of each program',
    fallback: '10',
    read: integer(2, 200),
  },
  storeTimeoutMs: {
    name: 'STORE_TIMEOUT_MS',
    doc: 'Milliseconds to wait for a store before answering 503',
    fallback: '2500',
    read: integer(100, 60_000),
  },
  jwtSecret: {
    name: 'JWT_SECRET',
    doc: 'Signs access tokens, 32 characters or more; unset makes one and keeps it in the data directory',
    fallback: '',
    read: secret,
  },
  jwtSecretPrevious: {
    name: 'JWT_SECRET_PREVIOUS',
    doc: 'Still verifies, so that keys can be rotated',
    fallback: '',
    read: secret,
  },
  otpEcho: {
    name: 'OTP_ECHO',
    doc: 'Puts sign-in codes into the answer (`otp_dev`); refused in production',
    fallback: 'false',
    read: flag,
  },
  otpHashCost: {
    name: 'OTP_HASH_COST',
    doc: 'bcrypt cost of stored sign-in codes, 4 to 14; below 10 is refused in production',
    fallback: '10',
    read: integer(4, 14),
  },
  smsWebhookUrl: {
    name: 'SMS_WEBHOOK_URL',
    doc: 'Gets a POST of `{ to, text }` for every text message; unset keeps them in the dev inbox',
    fallback: '',
    read: url(['http:', 'https:']),
  },
  smsWebhookToken: {
    name: 'SMS_WEBHOOK_TOKEN',
    doc: 'Sent to the webhook as `Authorization: Bearer`',
    fallback: '',
    read: (value) => (value === '' ? null : value),
  },
  logLevel: {
    name: 'LOG_LEVEL',
    doc: 'trace, debug, info, warn, error or silent; requests that succeed are logged at debug',
    fallback: 'info',
    read(value) {
      const level = levels.find((known) => known === value);
      if (!level) throw new Error(`must be one of ${levels.join(', ')}`);
      return level;
    },
  },
  corsOrigins: {
    name: 'CORS_ORIGINS',
    doc: 'Web origins that may call, separated by commas; `*` for all',
    fallback: '*',
    read(value) {
      const origins = value.split(',').map((origin) => origin.trim());
      if (
        !origins.every(
          (origin) => origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin),
        )
      ) {
        throw new Error('must be origins like https://chat.example.org, separated by commas');
      }
      return origins;
    },
  },
  trustProxy: {
    name: 'TRUST_PROXY',
    doc: 'Number of proxies in front whose X-Forwarded-For is believed',
    fallback: '0',
    read: integer(0, 10),
  },
  rateLimitScale: {
    name: 'RATE_LIMIT_SCALE',
    doc: 'Multiplies every rate limit; 0 lifts all but the tries of sign-in codes, refused in production',
    fallback: '1',
    read(value) {
      if (!/^\d{1,6}(\.\d{1,3})?$/.test(value)) throw new Error('must be a number, 0 or more');
      return Number(value);
    },
  },
  shutdownSeconds: {
    name: 'SHUTDOWN_SECONDS',
    doc: 'Seconds that a stopping program may take to finish what it has accepted',
    fallback: '10',
    read: integer(1, 300),
  },
};

const rateNames = {
  otpRequest: ['RATE_LIMIT_OTP_REQUEST', 'Sign-in codes per phone'],
  otpVerify: ['RATE_LIMIT_OTP_VERIFY', 'Tries of a sign-in code per phone'],
  apiUser: ['RATE_LIMIT_API_USER', 'Requests per signed-in user'],
  apiIp: ['RATE_LIMIT_API_IP', 'Requests per address that is not signed in'],
  socketMessage: ['RATE_LIMIT_SOCKET_MESSAGE', 'Real-time messages per user'],
  socketFrame: ['RATE_LIMIT_SOCKET_FRAME', 'Real-time frames that are no messages, per user'],
  mediaUpload: ['RATE_LIMIT_MEDIA_UPLOAD', 'Uploads per user'],
  contactSync: ['RATE_LIMIT_CONTACT_SYNC', 'Contact syncs per user'],
} as const satisfies Record<RateScope, readonly [string, string]>;

function showLimit(limit: RateLimit): string {
  return `${limit.points}/${limit.seconds}${limit.burst ? `+${limit.burst}` : ''}`;
}

function readLimit(value: string): RateLimit {
  const match = /^(\d{1,7})\/(\d{1,6})(?:\+(\d{1,6}))?$/.exec(value);
  if (!match || Number(match[1]) < 1 || Number(match[2]) < 1) {
    throw new Error('must be points/seconds or points/seconds+burst, like 100/60+20');
  }
  return {
    points: Number(match[1]),
    seconds: Number(match[2]),
    ...(match[3] ? { burst: Number(match[3]) } : {}),
  };
}

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
  if (problems.length === 0) problems.push(...productionProblems(config));
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
