// What is tried again, how often, and when nothing goes to FCM at all. Requests are counted exactly.
import { afterEach, expect, it, vi } from 'vitest';
import type { FcmBehaviour } from './support/fake-fcm.ts';
import { pushTo, startPushing } from './support/pushing.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const sent = { outcome: 'sent' };
const unavailable = { code: 'SERVICE_UNAVAILABLE' };

const passing: FcmBehaviour[] = ['unavailable', 'internal', 'bad_gateway', 'invalid_json', 'reset'];

it.each(passing)('tries again after %s, and sends once', async (behaviour) => {
  await using at = await startPushing();
  at.fcm.answer('phone-1', behaviour, behaviour, 'sent');
  expect(await at.gateway.send(pushTo('phone-1'))).toEqual(sent);
  expect([at.fcm.requests.length, at.fcm.pushes('phone-1').length]).toEqual([3, 1]);
  expect(at.counted).toMatchObject({ outcomes: ['sent'], breaker: [0] });
});

it.each(['hang', 'cut'] as const)('tries again after %s once the time is up', async (behaviour) => {
  await using at = await startPushing({ timeoutMs: 100 });
  at.fcm.answer('phone-1', behaviour, 'sent');
  expect(await at.gateway.send(pushTo('phone-1'))).toEqual(sent);
  expect([at.fcm.requests.length, at.fcm.pushes('phone-1').length]).toEqual([2, 1]);
});

it('may send twice where the answer got lost', async () => {
  await using at = await startPushing({ timeoutMs: 100 });
  at.fcm.answer('phone-1', 'lost', 'sent');
  expect(await at.gateway.send(pushTo('phone-1'))).toEqual(sent);
  expect(at.fcm.pushes('phone-1')).toHaveLength(2);
});

it('gives up after five tries', async () => {
  await using at = await startPushing();
  at.fcm.answer('phone-1', 'unavailable');
  await expect(at.gateway.send(pushTo('phone-1'))).rejects.toMatchObject(unavailable);
  expect(at.fcm.requests).toHaveLength(5);
  expect(at.counted.outcomes).toEqual(['unavailable']);
});

it('begins no try after its time', async () => {
  await using at = await startPushing({ timeoutMs: 100, retryForMs: 150 });
  at.fcm.answer('phone-1', 'hang');
  await expect(at.gateway.send(pushTo('phone-1'))).rejects.toMatchObject(unavailable);
  expect(at.fcm.requests).toHaveLength(2);
});

it('gives up where nobody listens', async () => {
  await using at = await startPushing();
  await at.fcm.close();
  const error = await at.gateway.send(pushTo('phone-1')).catch((error) => error);
  expect(error).toMatchObject(unavailable);
  expect(error.cause.reason).toContain('ECONNREFUSED');
});

it('waits for an access token no longer than for an answer, and sends nothing late', async () => {
  await using at = await startPushing({ timeoutMs: 150, retryForMs: 0 });
  at.fcm.grant('hang');
  await expect(at.gateway.send(pushTo('phone-1'))).rejects.toMatchObject(unavailable);
  at.fcm.grant('granted');
  expect(await at.gateway.send(pushTo('phone-2')).catch(() => at.gateway.send(pushTo('phone-2')))).toEqual(
    sent,
  );
  expect(at.fcm.requests.map(({ token }) => token)).toEqual(['phone-2']);
});

it.each([
  ['seconds', 1, 900],
  // Dates have whole seconds, so up to one is lost.
  ['a date', () => new Date(Date.now() + 2000), 900],
] as const)('waits as long as it is asked to: %s', async (_name, wanted, atLeast) => {
  await using at = await startPushing();
  const retryAfter = typeof wanted === 'function' ? wanted() : wanted;
  at.fcm.answer('phone-1', { as: 'quota', retryAfter }, 'sent');
  const first = at.gateway.send(pushTo('phone-1'));
  await expect.poll(() => at.lines.length).toBe(1);
  // All others wait too.
  expect(await Promise.all([first, at.gateway.send(pushTo('phone-2'))])).toEqual([sent, sent]);
  const [asked, ...later] = at.fcm.requests.map((request) => request.at) as [number, number, number];
  for (const time of later) expect(time - asked).toBeGreaterThanOrEqual(atLeast);
  expect(later).toHaveLength(2);
});

it.each([
  ['seconds', { as: 'unavailable', retryAfter: 60 }],
  ['a date', { as: 'quota', retryAfter: new Date(Date.now() + 90_000) }],
  // What Google's documentation says to do.
  ['nothing', 'quota'],
] as const)('lets nothing go to FCM where it asks to wait long: %s', async (_name, behaviour) => {
  await using at = await startPushing();
  at.fcm.answer('phone-1', behaviour);
  await expect(at.gateway.send(pushTo('phone-1'))).rejects.toMatchObject(unavailable);
  await expect(at.gateway.send(pushTo('phone-2'))).rejects.toMatchObject(unavailable);
  expect(at.fcm.requests).toHaveLength(1);
  expect(at.lines.map(({ level }) => level)).toEqual(['warn']);
  // No longer than it asked.
  const now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now + 91_000);
  expect(await at.gateway.send(pushTo('phone-2'))).toEqual(sent);
});

it.each([
  ['that gets too much', 'device_quota'],
  ['that is of another project', 'sender_id_mismatch'],
] as const)('goes on with other devices than one %s', async (_name, behaviour) => {
  await using at = await startPushing({ breakerFailures: 2 });
  at.fcm.answer('odd', behaviour);
  for (let i = 0; i < 3; i++) {
    expect(await at.gateway.send(pushTo('odd'))).toMatchObject({ outcome: 'refused' });
  }
  expect(await at.gateway.send(pushTo('calm'))).toEqual(sent);
  expect(at.fcm.requests).toHaveLength(4);
});

it('fails at once after many failures, then tries one push, and works again', async () => {
  await using at = await startPushing({ breakerFailures: 3, breakerPauseMs: 400 });
  at.fcm.answer('*', 'unavailable');
  await expect(at.gateway.send(pushTo('phone-1'))).rejects.toMatchObject(unavailable);
  expect(at.fcm.requests).toHaveLength(3);
  const started = performance.now();
  const others = await Promise.allSettled([1, 2, 3].map((i) => at.gateway.send(pushTo(`other-${i}`))));
  expect(others.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
  expect(performance.now() - started).toBeLessThan(100);
  expect(at.fcm.requests).toHaveLength(3);

  at.fcm.answer('*', 'sent');
  const again = async (): Promise<unknown> => at.gateway.send(pushTo('phone-1'));
  await expect.poll(() => again().catch(() => 'not yet'), { timeout: 5000, interval: 50 }).toEqual(sent);
  expect(await again()).toEqual(sent);
  expect(at.fcm.requests).toHaveLength(5);
  expect(at.counted.breaker).toEqual([0, 2, 1, 0]);
  expect(at.lines.map(({ level, fields }) => [level, fields.reason])).toEqual([
    ['warn', 'UNAVAILABLE'],
    ['info', undefined],
  ]);
});

it('lets one push alone try a service that failed', async () => {
  const breaker = { breakerFailures: 1, breakerPauseMs: 60_000 };
  // Whoever finds it failed waits for no further try: that would take seconds.
  await using at = await startPushing({ ...breaker, timeoutMs: 200, retryDelayMs: 4000, retryForMs: 60_000 });
  const started = performance.now();
  at.fcm.answer('*', 'hang');
  await expect(at.gateway.send(pushTo('phone-1'))).rejects.toMatchObject(unavailable);
  await expect(at.gateway.send(pushTo('phone-1'))).rejects.toMatchObject(unavailable);
  expect(at.fcm.requests).toHaveLength(1);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
  const many = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => at.gateway.send(pushTo(`p${i}`))),
  );
  expect(many.map(({ status }) => status)).toEqual(Array(10).fill('rejected'));
  expect(performance.now() - started).toBeLessThan(2000);
  expect(at.fcm.requests).toHaveLength(2);
});

it('refuses at once while our account is not accepted, and notices when it is again', async () => {
  await using at = await startPushing({ breakerFailures: 3, breakerPauseMs: 200 });
  at.fcm.answer('*', 'permission_denied');
  const refused = { outcome: 'refused', reason: 'PERMISSION_DENIED' };
  for (let i = 0; i < 6; i++) expect(await at.gateway.send(pushTo('phone-1'))).toEqual(refused);
  expect(at.fcm.requests).toHaveLength(3);
  at.fcm.answer('*', 'sent');
  await expect.poll(() => at.gateway.send(pushTo('phone-1')), { timeout: 5000 }).toEqual(sent);
  expect(at.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
});
