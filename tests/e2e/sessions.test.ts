/** Where a user is signed in, and signing out one of the devices (beyond the papers). */
import { randomUUID } from 'node:crypto';
import type { OutputOf } from '@parley/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPhone, startParley, type TestParley } from '../support/parley.ts';
import type { SignedIn } from '../support/rest.ts';
import { openSocket } from '../support/sockets.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

type Sessions = OutputOf<'auth.sessions'>['sessions'];

const signIn = async (phone: string, device?: { name?: string; platform?: string }): Promise<SignedIn> => {
  const asked = await parley.rest.call<{ otp_dev: string }>('POST', '/auth/request-otp', { body: { phone } });
  const { data } = await parley.rest.call<OutputOf<'auth.verifyOtp'>>('POST', '/auth/verify-otp', {
    body: { phone, otp: asked.data.otp_dev, ...(device && { device }) },
  });
  return { id: data.user.id, phone, token: data.access_token, refreshToken: data.refresh_token };
};
const list = async ({ token }: SignedIn) =>
  (await parley.rest.call<{ sessions: Sessions }>('GET', '/auth/sessions', { token })).data.sessions;
const end = (by: SignedIn, id: string) =>
  parley.rest.call('DELETE', `/auth/sessions/${id}`, { token: by.token });
const refresh = (refresh_token: string) =>
  parley.rest.call<OutputOf<'auth.refresh'>>('POST', '/auth/refresh', { body: { refresh_token } });
const sidOf = ({ token }: SignedIn): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid;

describe('sessions', () => {
  it('are listed with their devices, the last active first', async () => {
    const phone = newPhone();
    const pixel = await signIn(phone, { name: 'Pixel 9', platform: 'android' });
    const laptop = await signIn(phone, { name: 'Laptop' });
    const bare = await signIn(phone);
    await signIn(newPhone());
    const now = await list(laptop);
    expect(now.map(({ session_id }) => session_id)).toEqual([bare, laptop, pixel].map(sidOf));
    expect(now.map(({ device }) => device)).toEqual([
      { name: null, platform: null },
      { name: 'Laptop', platform: null },
      { name: 'Pixel 9', platform: 'android' },
    ]);
    expect(now.map(({ is_current }) => is_current)).toEqual([false, true, false]);
    const [before] = now.slice(-1);
    await refresh(pixel.refreshToken);
    const [first, ...others] = await list(laptop);
    expect(first).toMatchObject({ session_id: sidOf(pixel), created_at: before?.created_at });
    expect((first?.last_active_at ?? '') > (before?.last_active_at ?? '')).toBe(true);
    expect(others).toHaveLength(2);
  });

  it('end as signing out there does: tokens, refresh and connections', async () => {
    const phone = newPhone();
    const [lost, kept] = [await signIn(phone), await signIn(phone)];
    const sockets = await Promise.all(
      (['raw', 'socket.io'] as const).map((kind) => openSocket(kind, parley.url, lost.token)),
    );
    const mine = await openSocket('raw', parley.url, kept.token);
    expect(await end(kept, sidOf(lost))).toMatchObject({ status: 200, data: { session_id: sidOf(lost) } });
    await Promise.all(sockets.map((socket) => socket.closed));
    const used = await parley.rest.call('GET', '/users/me', { token: lost.token });
    expect(used.body.error?.code).toBe('TOKEN_INVALID');
    expect((await refresh(lost.refreshToken)).body.error?.code).toBe('TOKEN_INVALID');
    expect((await list(kept)).map(({ session_id }) => session_id)).toEqual([sidOf(kept)]);
    // Again changes nothing.
    expect((await end(kept, sidOf(lost))).status).toBe(200);
    expect((await mine.ask('ping', {})).data).toEqual({});
    mine.close();
    expect((await refresh(kept.refreshToken)).status).toBe(200);
  });

  it('of others answer like those that do not exist', async () => {
    const [mallory, alice] = [await signIn(newPhone()), await signIn(newPhone())];
    for (const id of [sidOf(alice), randomUUID()]) {
      const answer = await end(mallory, id);
      expect([answer.status, answer.body.error?.code]).toEqual([404, 'NOT_FOUND']);
    }
    expect((await list(alice)).map(({ session_id }) => session_id)).toEqual([sidOf(alice)]);
    expect((await end(mallory, 'none')).status).toBe(400);
  });

  it('may end themselves', async () => {
    const only = await signIn(newPhone());
    expect((await end(only, sidOf(only))).status).toBe(200);
    const used = await parley.rest.call('GET', '/auth/sessions', { token: only.token });
    expect(used.body.error?.code).toBe('TOKEN_INVALID');
  });

  it('that are over are not listed', async () => {
    const phone = newPhone();
    const [gone, here] = [await signIn(phone), await signIn(phone)];
    await parley.rest.call('POST', '/auth/logout', { token: gone.token, body: {} });
    expect((await list(here)).map(({ session_id }) => session_id)).toEqual([sidOf(here)]);
  });
});
