/** The variables of the programs themselves. */
import { flag, integer, isOrigin, secret, text, url, urls, type Variable } from './readers.ts';

export interface ProgramConfig {
  production: boolean;
  host: string;
  port: number;
  realtimeUrl: string[] | null;
  dataDir: string;
  webDir: string | null;
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
  shutdownSeconds: number;
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export const programSchema: { [K in keyof ProgramConfig]: Variable<ProgramConfig[K]> } = {
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
  realtimeUrl: {
    name: 'REALTIME_URL',
    doc: 'Where api forwards `/ws` and `/socket.io` to: one realtime program or several, separated by commas',
    fallback: '',
    read(value) {
      const found = urls(['http:', 'https:'])(value);
      if (found && !found.every(isOrigin)) {
        throw new Error('must be addresses of a host and a port alone, like http://realtime:8080');
      }
      return found;
    },
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
  webDir: {
    name: 'WEB_DIR',
    doc: 'Folder of the web client that is served at `/`; unset takes the one that was built, `none` serves a plain page of links',
    fallback: '',
    read: text,
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
    read: text,
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
