// What an operator sets for FCM, and what is said where it is wrong.
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PushConfig, pushProblems, pushSchema } from '../src/config/push.ts';
import type { ConfigError } from '../src/config.ts';
import { readRetryAfter } from '../src/push/fcm-failure.ts';
import { FcmGateway, readFcmAccount } from '../src/push/index.ts';
import { type FcmTestAccount, writeFcmAccount } from './support/fake-fcm.ts';
import { logInto, pushTo } from './support/pushing.ts';

let account: FcmTestAccount;
beforeAll(async () => {
  account = await writeFcmAccount();
});
afterAll(() => account.remove());

describe('the account', () => {
  const problem = (path: string): string => {
    try {
      readFcmAccount(path);
      return '';
    } catch (error) {
      return (error as ConfigError).problems.join();
    }
  };

  it('is read from the JSON key of a service account', () => {
    expect(readFcmAccount(account.path)).toMatchObject({
      projectId: 'parley-test',
      clientEmail: 'pushes@parley-test.iam.gserviceaccount.com',
      keyId: '0123456789abcdef',
    });
  });

  it.each([
    ['{ "private_key": "hush"', 'is not JSON'],
    ['[]', 'is not of a service account'],
    ['null', 'is not a JSON object'],
    [{ type: 'authorized_user' }, 'is not of a service account: its "type" must be "service_account"'],
    [{ project_id: undefined }, 'has no "project_id"'],
    [{ client_email: '' }, 'has no "client_email"'],
    [{ private_key: 'hush' }, 'has a "private_key" that is no RSA key in PEM'],
  ])('is told what is wrong with it: %j', async (content, message) => {
    const path = `${account.path}.broken`;
    const whole = JSON.parse(await readFile(account.path, 'utf8'));
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify({ ...whole, ...content }));
    expect(problem(path)).toContain(`FCM_CREDENTIALS_PATH names a file that ${message}`);
    expect(problem(path)).not.toContain('hush');
    await rm(path);
  });

  it('is told where its file cannot be read', () => {
    expect(problem(`${account.path}.nowhere`)).toMatch(/is not there$/);
    expect(problem('/')).toMatch(/cannot be read \(EISDIR\)$/);
  });
});

describe('the variables', () => {
  const read = (name: keyof PushConfig, value: string) => pushSchema[name].read(value);

  it('have defaults that every reader accepts', () => {
    const config = Object.entries(pushSchema).map(([key, { fallback, read }]) => [key, read(fallback)]);
    expect(Object.fromEntries(config)).toEqual({
      fcmCredentialsPath: null,
      fcmEndpoint: null,
      fcmTimeoutMs: 10_000,
      fcmConcurrency: 100,
    });
  });

  it('take an address for FCM_ENDPOINT, and nothing behind it', () => {
    expect(read('fcmEndpoint', 'http://127.0.0.1:9099')).toBe('http://127.0.0.1:9099');
    for (const wrong of ['fcm.googleapis.com', 'ftp://host', 'https://host/path', 'https://user@host']) {
      expect(() => read('fcmEndpoint', wrong), wrong).toThrow('must be an address');
    }
  });

  it.each([
    [{ fcmEndpoint: 'https://egress:8443', fcmCredentialsPath: null }, /^FCM_CREDENTIALS_PATH must be set/],
    [{ fcmEndpoint: 'http://egress:8080', fcmCredentialsPath: 'x' }, /^FCM_ENDPOINT must begin with https/],
    [{ fcmEndpoint: 'http://127.0.0.1.example.org', fcmCredentialsPath: 'x' }, /^FCM_ENDPOINT must begin/],
    [{ fcmEndpoint: 'http://127.0.0.1:9099', fcmCredentialsPath: 'x' }, /^$/],
    [{ fcmEndpoint: 'http://[::1]:9099', fcmCredentialsPath: 'x' }, /^$/],
    [{ fcmEndpoint: 'https://egress:8443', fcmCredentialsPath: 'x' }, /^$/],
    [{ fcmEndpoint: null, fcmCredentialsPath: null }, /^$/],
  ])('fit together in production: %j', (some, message) => {
    const config = { fcmTimeoutMs: 1, fcmConcurrency: 1, ...some };
    expect(pushProblems({ ...config, production: true }).join()).toMatch(message);
    if (some.fcmCredentialsPath) expect(pushProblems({ ...config, production: false })).toEqual([]);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    // Ten minutes are the longest that is believed.
    ['99999999999', 600_000],
    ['soon', null],
    ['', null],
    [undefined, null],
  ])('%j', (value, ms) => {
    expect(readRetryAfter(value, now)).toBe(ms);
  });
});

it('speaks TLS to an endpoint with https', async () => {
  // Neither a certificate nor a key: every handshake fails.
  const server = createServer({}, (_req, res) => res.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const lines: Parameters<typeof logInto>[0] = [];
  const gateway = await FcmGateway.create({
    account: readFcmAccount(account.path),
    log: logInto(lines),
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    retryForMs: 0,
  });
  const error = await gateway.send(pushTo('phone-1')).catch((error) => error);
  expect(error.code).toBe('SERVICE_UNAVAILABLE');
  expect(error.cause.reason).toMatch(/^access token: (ERR_SSL|EPROTO)/);
  await gateway.close();
  server.close();
});
