import { describe, expect, it } from 'vitest';
import { type ConfigError, configTable, createLog, parseConfig } from '../src/index.ts';

const problems = (env: Record<string, string>): string[] => {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};
const strong = 'Zk3!v9Qp7Lm2Xs8Rt4Wy6Bn1Hd5Gf0Jc';

describe('configuration', () => {
  it('has safe defaults', () => {
    expect(parseConfig({})).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 8080,
      dataDir: '.data',
      databaseUrl: null,
      otpEcho: false,
      rateLimitScale: 1,
      rateLimits: { apiUser: { points: 100, seconds: 60, burst: 20 } },
    });
  });

  it('names every broken variable at once, and never shows a value', () => {
    const found = problems({
      PORT: '99999',
      OTP_ECHO: 'yes',
      JWT_SECRET: 'short-and-secret',
      DATABASE_URL: 'mysql://user:hunter2@host/db',
      LOG_LEVEL: 'loud',
      RATE_LIMIT_API_USER: 'many',
      CORS_ORIGINS: 'example.org/path',
    });
    expect(found).toHaveLength(7);
    expect(found.join('\n')).not.toMatch(/short-and-secret|hunter2/);
    expect(found.join('\n')).toContain('JWT_SECRET must be at least 32 characters');
  });

  it('reports unknown PARLEY_ variables', () => {
    expect(problems({ PARLEY_DATADIR: 'x' })).toEqual(['PARLEY_DATADIR is not a variable of Parley']);
  });

  it.each([
    [{}, /JWT_SECRET must be set/],
    [{ JWT_SECRET: 'a'.repeat(64) }, /JWT_SECRET must not be guessable/],
    [{ JWT_SECRET: strong, OTP_ECHO: 'true' }, /OTP_ECHO/],
    [{ JWT_SECRET: strong, RATE_LIMIT_SCALE: '0' }, /RATE_LIMIT_SCALE/],
    [{ JWT_SECRET: strong, OTP_HASH_COST: '4' }, /OTP_HASH_COST/],
  ])('refuses weak production settings %j', (env, message) => {
    expect(problems({ NODE_ENV: 'production', ...env }).join()).toMatch(message);
  });

  it('starts in production with strong ones', () => {
    expect(parseConfig({ NODE_ENV: 'production', JWT_SECRET: strong }).production).toBe(true);
  });

  it('documents every variable once', () => {
    const names = configTable().map((row) => row.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('JWT_SECRET_PREVIOUS');
  });
});

describe('logs', () => {
  it('hide phones, tokens, codes and text, and what a database says of its values', () => {
    const lines: string[] = [];
    const log = createLog({ logLevel: 'trace' }, 'test', { write: (line) => void lines.push(line) });
    log.info(
      { phone: '+491511234567', user: { phone: '+491511234567', access_token: 'tok-1' }, body: 'hello' },
      'x',
    );
    const error = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (phone)=(+491511234567) already exists.',
      parameters: ['+491511234567'],
    });
    log.error({ err: new Error('outer', { cause: error }) }, 'failed');
    const text = lines.join('');
    expect(text).not.toMatch(/\+49151|tok-1|hello/);
    expect(text).toContain('duplicate key');
    expect(text).toContain('23505');
  });
});

describe('engines', () => {
  it('are chosen by their addresses, of which some may be several', () => {
    const env = {
      MONGO_URL: 'mongodb://a:27017,b:27017,c:27017/parley?replicaSet=rs',
      REDIS_URL: 'redis://one:26379, redis://two:26379',
      REDIS_MODE: 'sentinel',
      NATS_URL: 'nats://one:4222,nats://two:4222',
      MINIO_ENDPOINT: 's3.example.org:8333',
      MINIO_ACCESS_KEY: 'key',
      MINIO_SECRET_KEY: 'secret',
    };
    expect(parseConfig(env)).toMatchObject({
      mongoUrl: env.MONGO_URL,
      redisUrl: ['redis://one:26379', 'redis://two:26379'],
      redisMode: 'sentinel',
      natsUrl: ['nats://one:4222', 'nats://two:4222'],
      minioEndpoint: 's3.example.org:8333',
      minioBucket: 'whatsapp-media',
    });
    expect(parseConfig({})).toMatchObject({
      mongoUrl: null,
      redisUrl: null,
      natsUrl: null,
      minioEndpoint: null,
    });
  });

  it('say what is wrong with them, without their passwords', () => {
    const found = problems({
      MONGO_URL: 'postgres://user:hunter2@host/db',
      REDIS_URL: 'redis://:hunter%2@host',
      NATS_URL: 'hunter2',
      MINIO_ENDPOINT: 'http://hunter2:9000',
      MINIO_BUCKET: 'No Bucket',
    });
    expect(found).toHaveLength(5);
    expect(found.join('\n')).not.toContain('hunter');
    expect(found.join('\n')).toContain('REDIS_URL must have a % in user or password written as %25');
  });

  it('must have what belongs together', () => {
    expect(problems({ REDIS_MODE: 'cluster' })).toEqual(['REDIS_URL must be set with REDIS_MODE=cluster']);
    expect(problems({ REDIS_URL: 'redis://a,redis://b' })).toHaveLength(1);
    expect(problems({ MINIO_ENDPOINT: 'host:9000', MINIO_ACCESS_KEY: 'key' })).toHaveLength(1);
  });
});
