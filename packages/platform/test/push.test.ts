// One push each: what goes over the wire, and what FCM's answers mean (contract section 6).
import { expect, it } from 'vitest';
import type { FcmBehaviour } from './support/fake-fcm.ts';
import { pushTo, startPushing } from './support/pushing.ts';

it('hands over data alone, as strings, for all platforms', async () => {
  await using at = await startPushing();
  const before = Math.floor(Date.now() / 1000);
  const { data, ...push } = pushTo('phone-1');
  const { sender_name: _, ...fewer } = data;
  expect(await at.gateway.send({ ...push, data: { ...fewer, chat_name: 'Зима 🌊' } })).toEqual({
    outcome: 'sent',
  });
  const [body] = at.fcm.pushes('phone-1');
  expect(at.fcm.requests[0]?.project).toBe('parley-test');
  expect(body).toEqual({
    token: 'phone-1',
    // `message_type` is FCM's own: the fake refuses it, and Android's library would drop the push.
    data: {
      type: 'new_message',
      chat_id: data.chat_id,
      chat_type: 'direct',
      chat_name: 'Зима 🌊',
      message_id: data.message_id,
      message_preview: 'See you at the lake?',
      msg_type: 'text',
      timestamp: '1764000000000',
    },
    android: { priority: 'high', ttl: '86400s' },
    apns: {
      headers: {
        'apns-push-type': 'background',
        'apns-priority': '5',
        'apns-expiration': expect.stringMatching(/^\d+$/),
      },
      payload: { aps: { 'content-available': 1 } },
    },
    webpush: { headers: { TTL: '86400', Urgency: 'high' } },
  });
  const expires = Number(body?.apns?.headers['apns-expiration']);
  expect(expires - before).toBeGreaterThanOrEqual(86_400);
  expect(expires - before).toBeLessThan(86_410);
});

it('sends what need not wake a phone with normal priority, and as long as it is asked to', async () => {
  await using at = await startPushing();
  const data = { type: 'chat.read', chat_id: 'c', timestamp: '1' } as const;
  await at.gateway.send(pushTo('phone-1', { priority: 'normal', ttlSeconds: 60, data }));
  expect(at.fcm.pushes('phone-1')[0]).toMatchObject({
    data,
    android: { priority: 'normal', ttl: '60s' },
    webpush: { headers: { TTL: '60', Urgency: 'normal' } },
  });
});

it('asks for an access token once, and keeps its connections', async () => {
  await using at = await startPushing();
  for (let i = 0; i < 5; i++) await at.gateway.send(pushTo('phone-1'));
  // One to the token server, one to FCM.
  expect(at.fcm.connections).toBe(2);
  await Promise.all(Array.from({ length: 20 }, (_, i) => at.gateway.send(pushTo(`phone-${i}`))));
  expect([at.fcm.tokenRequests, at.fcm.requests.length]).toEqual([1, 25]);
  expect(at.counted.outcomes).toEqual(Array(25).fill('sent'));
  expect(at.counted.seconds.every((seconds) => seconds > 0 && seconds < 2)).toBe(true);
});

/** Each is the answer to one request: nothing is tried again. */
const ends: [FcmBehaviour, object][] = [
  ['unregistered', { outcome: 'unregistered' }],
  ['invalid_token', { outcome: 'unregistered' }],
  ['invalid_argument', { outcome: 'refused', reason: 'INVALID_ARGUMENT (message.data[0].value)' }],
  ['sender_id_mismatch', { outcome: 'refused', reason: 'SENDER_ID_MISMATCH' }],
  ['third_party_auth', { outcome: 'refused', reason: 'THIRD_PARTY_AUTH_ERROR' }],
  ['unauthenticated', { outcome: 'refused', reason: 'UNAUTHENTICATED' }],
  ['permission_denied', { outcome: 'refused', reason: 'PERMISSION_DENIED' }],
  // A wrong project or address must not make us forget tokens.
  ['not_found', { outcome: 'refused', reason: 'NOT_FOUND' }],
];

it.each(ends)('understands %s', async (behaviour, result) => {
  await using at = await startPushing();
  at.fcm.answer('phone-1', behaviour);
  expect(await at.gateway.send(pushTo('phone-1'))).toEqual(result);
  expect(at.fcm.requests).toHaveLength(1);
});

it('understands an account that Google does not know any more', async () => {
  await using at = await startPushing();
  at.fcm.grant('invalid_grant');
  expect(await at.gateway.send(pushTo('phone-1'))).toEqual({
    outcome: 'refused',
    reason: 'access token: invalid_grant',
  });
  await expect(at.gateway.ping()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  at.fcm.grant('granted');
  expect(await at.gateway.send(pushTo('phone-1'))).toEqual({ outcome: 'sent' });
  await at.gateway.ping();
});

it('says once that pushes are refused, not for each push, and nothing of what was written', async () => {
  await using at = await startPushing();
  at.fcm.answer('*', 'invalid_argument');
  for (let i = 0; i < 5; i++) await at.gateway.send(pushTo(`phone-${i}`));
  at.fcm.answer('phone-9', 'sender_id_mismatch');
  await at.gateway.send(pushTo('phone-9'));
  expect(at.lines.map(({ level, fields }) => [level, fields.reason])).toEqual([
    ['error', 'INVALID_ARGUMENT (message.data[0].value)'],
    ['error', 'SENDER_ID_MISMATCH'],
  ]);
  expect(JSON.stringify(at.lines)).not.toMatch(/lake|phone-|Ada/);
  expect(at.counted.outcomes).toEqual(Array(6).fill('refused'));
});

it('has no more requests under way than it may', async () => {
  await using at = await startPushing({ concurrency: 3, timeoutMs: 200, retryForMs: 0, breakerFailures: 99 });
  at.fcm.answer('*', 'hang');
  const sends = Promise.allSettled(Array.from({ length: 7 }, (_, i) => at.gateway.send(pushTo(`p${i}`))));
  await at.fcm.asked(({ token }) => token === 'p2');
  await at.fcm.asked(({ token }) => token === 'p3');
  const [first, , third, fourth] = at.fcm.requests.map(({ at }) => at) as [number, number, number, number];
  expect(third - first).toBeLessThan(150);
  expect(fourth - third).toBeGreaterThanOrEqual(100);
  await sends;
  expect(at.fcm.requests).toHaveLength(7);
});

it('fails pushes as unavailable once it is closed, and lets the process end', async () => {
  await using at = await startPushing();
  at.fcm.answer('phone-1', 'hang');
  const send = at.gateway.send(pushTo('phone-1'));
  const [result] = await Promise.all([
    send.catch((error) => error),
    at.fcm.asked(({ token }) => token === 'phone-1').then(() => at.gateway.close()),
  ]);
  expect(result).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  await expect(at.gateway.send(pushTo('phone-2'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  await at.gateway.close();
  expect(at.fcm.requests).toHaveLength(1);
});
