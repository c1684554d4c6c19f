/** A whole Parley in one line, on a database of its own and a free port. */
import { type Config, parseConfig } from '@parley/platform';
import { createStandalone, type Standalone } from '@parley/standalone';
import { createTestDatabase } from './postgres.ts';
import { Rest, type SignedIn } from './rest.ts';

export interface TestParley extends AsyncDisposable {
  readonly url: string;
  readonly standalone: Standalone;
  readonly rest: Rest;
  readonly databaseUrl: string;
  /** A new user, signed in by phone and code like anyone. */
  user(name?: string, phone?: string): Promise<SignedIn>;
  /** A further instance on the same database, as in a cluster. */
  another(env?: Record<string, string>): Promise<TestParley>;
}

let phones = 0;

/** A phone number that no other test of this file uses. */
export function newPhone(): string {
  return `+4915${String(++phones).padStart(8, '0')}`;
}

export function testConfig(env: Record<string, string> = {}): Config {
  return parseConfig({
    PORT: '0',
    OTP_ECHO: 'true',
    OTP_HASH_COST: '4',
    LOG_LEVEL: 'silent',
    RATE_LIMIT_SCALE: '0',
    JWT_SECRET: 'a-secret-for-tests-only-0123456789abcdef',
    ...env,
  });
}

/** Starts Parley on a fresh database; `await using` ends it. */
export async function startParley(env: Record<string, string> = {}): Promise<TestParley> {
  const database = await createTestDatabase();
  const parley = await onDatabase(database.url, env);
  const end = parley[Symbol.asyncDispose].bind(parley);
  return Object.assign(parley, {
    async [Symbol.asyncDispose]() {
      await end();
      await database.drop();
    },
  });
}

async function onDatabase(databaseUrl: string, env: Record<string, string>): Promise<TestParley> {
  const standalone = await createStandalone(testConfig({ DATABASE_URL: databaseUrl, ...env }));
  const rest = new Rest(standalone.url);
  return {
    url: standalone.url,
    standalone,
    rest,
    databaseUrl,
    async user(name, phone = newPhone()) {
      const user = await rest.signIn(phone);
      if (name !== undefined)
        await rest.call('PATCH', '/users/me', { token: user.token, body: { display_name: name } });
      return user;
    },
    another: (more = {}) => onDatabase(databaseUrl, { ...env, ...more }),
    [Symbol.asyncDispose]: () => standalone.close(),
  };
}
