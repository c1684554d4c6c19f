import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPhone, startParley, type TestParley } from '../support/parley.ts';
import { ioSocket, rawSocket } from '../support/sockets.ts';

const secret = 'the-present-secret-0123456789abcdefghij';
const previous = 'the-previous-secret-0123456789abcdefghi';
let parley: TestParley;
beforeAll(async () => {
  parley = await startParley({ JWT_SECRET: secret, JWT_SECRET_PREVIOUS: previous });
});
afterAll(() => parley[Symbol.asyncDispose]());

const post = (path: string, body: unknown, token?: string) =>
  parley.rest.call<Record<string, unknown>>('POST', path, { body, ...(token ? { token } : {}) });
const code = (answer: { body: { error: { code: string } | null } }) => answer.body.error?.code;

describe('signing in', () => {
  it('makes a user once, and knows them the next time', async () => {
    const phone = newPhone();
    const first = await post('/auth/request-otp', { phone });
    expect(first.status).toBe(200);
    expect(first.data).toMatchObject({ expires_in_seconds: 300 });
    const otp = first.data.otp_dev;
    const one = await post('/auth/verify-otp', {
      phone,
      otp,
      device: { name: 'Pixel', platform: 'android' },
    });
    expect(one.data).toMatchObject({ expires_in: 900, user: { phone, display_name: '', is_new_user: true } });
    const again = (await post('/auth/request-otp', { phone })).data.otp_dev;
    const two = await post('/auth/verify-otp', { phone, otp: again });
    expect(two.data.user).toMatchObject({ is_new_user: false, id: (one.data.user as { id: string }).id });
  });

  it('takes a code once, and says when none is pending', async () => {
    const phone = newPhone();
    expect(code(await post('/auth/verify-otp', { phone, otp: '000000' }))).toBe('OTP_EXPIRED');
    const otp = (await post('/auth/request-otp', { phone })).data.otp_dev;
    const both = await Promise.all([1, 2].map(() => post('/auth/verify-otp', { phone, otp })));
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 401]);
    expect(code(await post('/auth/verify-otp', { phone, otp }))).toBe('OTP_EXPIRED');
  });

  it('replaces a pending code by a new one', async () => {
    const phone = newPhone();
    const old = (await post('/auth/request-otp', { phone })).data.otp_dev as string;
    let fresh = old;
    while (fresh === old) fresh = (await post('/auth/request-otp', { phone })).data.otp_dev as string;
    expect(code(await post('/auth/verify-otp', { phone, otp: old }))).toBe('OTP_INVALID');
    expect((await post('/auth/verify-otp', { phone, otp: fresh })).status).toBe(200);
  });

  it('locks a phone after five wrong codes, the right one included, however parallel the guesses', async () => {
    const phone = newPhone();
    const right = (await post('/auth/request-otp', { phone })).data.otp_dev as string;
    const wrong = right === '111111' ? '222222' : '111111';
    const guesses = await Promise.all(
      Array.from({ length: 20 }, () => post('/auth/verify-otp', { phone, otp: wrong })),
    );
    expect(guesses.filter((answer) => code(answer) === 'OTP_INVALID')).toHaveLength(5);
    expect(guesses.filter((answer) => code(answer) === 'OTP_MAX_ATTEMPTS')).toHaveLength(15);
    const locked = await post('/auth/verify-otp', { phone, otp: right });
    expect([locked.status, code(locked)]).toEqual([429, 'OTP_MAX_ATTEMPTS']);
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(200);
    expect(code(await post('/auth/request-otp', { phone }))).toBe('OTP_MAX_ATTEMPTS');
  });

  it('makes one user of concurrent first sign-ins on two instances', async () => {
    await using second = await parley.another();
    const phone = newPhone();
    const users = await Promise.all([parley.rest.signIn(phone), second.rest.signIn(phone)]);
    expect(users[0]?.id).toBe(users[1]?.id);
  });
});

describe('refresh tokens', () => {
  const refresh = (refresh_token: string) => post('/auth/refresh', { refresh_token });

  it('rotate, and answer again for a lost answer or a second tab', async () => {
    const user = await parley.user();
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(user.refreshToken)));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
    const tokens = answers.map((answer) => answer.data.refresh_token as string);
    expect(new Set([user.refreshToken, ...tokens]).size).toBe(6);
    for (const token of tokens) expect((await refresh(token)).status).toBe(200);
    const me = await parley.rest.call('GET', '/users/me', { token: answers[0]?.data.access_token as string });
    expect(me.status).toBe(200);
  });

  it('end the whole family, live connections included, when a used one comes back late', async () => {
    let now = Date.now();
    const { createStandalone } = await import('@parley/standalone');
    const { testConfig } = await import('../support/parley.ts');
    const { Rest } = await import('../support/rest.ts');
    const late = await createStandalone(testConfig({ DATABASE_URL: parley.databaseUrl }), {
      clock: { now: () => now },
    });
    try {
      const rest = new Rest(late.url);
      const user = await rest.signIn(newPhone());
      const next = await rest.call<{ refresh_token: string; access_token: string }>('POST', '/auth/refresh', {
        body: { refresh_token: user.refreshToken },
      });
      const socket = await rawSocket(late.url, next.data.access_token);
      now += 11_000;
      const stolen = await rest.call('POST', '/auth/refresh', { body: { refresh_token: user.refreshToken } });
      expect([stolen.status, code(stolen)]).toEqual([401, 'TOKEN_INVALID']);
      expect(await socket.closed).toBe(4001);
      const after = await rest.call('POST', '/auth/refresh', {
        body: { refresh_token: next.data.refresh_token },
      });
      expect(code(after)).toBe('TOKEN_INVALID');
      expect(code(await rest.call('GET', '/users/me', { token: next.data.access_token }))).toBe(
        'TOKEN_INVALID',
      );
    } finally {
      await late.close();
    }
  });

  it('of nobody are refused', async () => {
    expect(code(await refresh('no-such-token'))).toBe('TOKEN_INVALID');
  });
});

describe('signing out', () => {
  it('refuses this session everywhere and leaves the other device alone', async () => {
    const phone = newPhone();
    const [one, two] = [await parley.rest.signIn(phone), await parley.rest.signIn(phone)];
    const sockets = await Promise.all([rawSocket(parley.url, one.token), ioSocket(parley.url, one.token)]);
    const kept = await rawSocket(parley.url, two.token);
    expect((await post('/auth/logout', {}, one.token)).status).toBe(200);
    expect(await sockets[0]?.closed).toBe(4001);
    await sockets[1]?.closed;
    expect((await sockets[1]?.next('error'))?.code).toBe(4001);
    expect(code(await parley.rest.call('GET', '/users/me', { token: one.token }))).toBe('TOKEN_INVALID');
    expect(code(await post('/auth/refresh', { refresh_token: one.refreshToken }))).toBe('TOKEN_INVALID');
    expect((await parley.rest.call('GET', '/users/me', { token: two.token })).status).toBe(200);
    kept.emit('ping', {});
    await kept.next('pong');
  });

  it('can end all devices', async () => {
    const phone = newPhone();
    const [one, two] = [await parley.rest.signIn(phone), await parley.rest.signIn(phone)];
    const socket = await rawSocket(parley.url, two.token);
    await post('/auth/logout', { all_devices: true }, one.token);
    expect(await socket.closed).toBe(4001);
    expect(code(await post('/auth/refresh', { refresh_token: two.refreshToken }))).toBe('TOKEN_INVALID');
  });

  it('needs no body', async () => {
    const user = await parley.user();
    expect((await parley.rest.call('POST', '/auth/logout', { token: user.token })).status).toBe(200);
  });
});

describe('access tokens', () => {
  const claims = { phone: '+491500000000', sid: '0198c6f2-8a40-7b1e-8a55-0c8f3d1b9e21' };
  const make = (key: string, change: (jwt: SignJWT) => SignJWT = (jwt) => jwt) =>
    change(
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject('0198c6f2-8a40-7b1e-8a55-0c8f3d1b9e21')
        .setIssuer('parley')
        .setJti('j')
        .setIssuedAt()
        .setExpirationTime('15m'),
    ).sign(Buffer.from(key));
  const unsigned = (header: object) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + 900;
    return `${part(header)}.${part({ ...claims, sub: claims.sid, iss: 'parley', jti: 'j', iat: exp - 900, exp })}.`;
  };

  it.each([
    ['of another secret', () => make('some-other-secret-0123456789abcdefghij'), 'TOKEN_INVALID'],
    ['with alg none', async () => unsigned({ alg: 'none' }), 'TOKEN_INVALID'],
    ['of another issuer', () => make(secret, (jwt) => jwt.setIssuer('else')), 'TOKEN_INVALID'],
    ['that are expired', () => make(secret, (jwt) => jwt.setExpirationTime(1)), 'TOKEN_EXPIRED'],
    ['that are none', async () => 'nonsense', 'TOKEN_INVALID'],
  ])('%s are refused by REST and both sockets', async (_, token, reason) => {
    const value = await token();
    const answer = await parley.rest.call('GET', '/users/me', { token: value });
    expect([answer.status, code(answer)]).toEqual([401, reason]);
    const raw = await rawSocket(parley.url, value);
    expect(await raw.closed).toBe(4001);
    expect(await raw.next('error')).toMatchObject({ code: 4001, reason });
    await expect(ioSocket(parley.url, value)).rejects.toMatchObject({ data: { code: 4001, reason } });
  });

  it('are needed', async () => {
    expect(code(await parley.rest.call('GET', '/users/me'))).toBe('UNAUTHORIZED');
  });

  it('signed with the previous secret still work', async () => {
    await using old = await parley.another({ JWT_SECRET: previous, JWT_SECRET_PREVIOUS: '' });
    const user = await old.user();
    expect((await parley.rest.call('GET', '/users/me', { token: user.token })).status).toBe(200);
  });
});
