/** The rate limits of contract section 3, as a client meets them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newPhone, startParley, type TestParley } from '../support/parley.ts';
import { rawSocket } from '../support/sockets.ts';

let parley: TestParley;
beforeAll(async () => {
  // Sign-ins of this file come from one address, which the limit per address would stop; it has a test of its own.
  parley = await startParley({ RATE_LIMIT_SCALE: '1', RATE_LIMIT_API_IP: '40/60' });
});
afterAll(() => parley[Symbol.asyncDispose]());

const retryAfter = (answer: { headers: Headers }) => Number(answer.headers.get('retry-after'));

it('lets a user make 100 requests a minute and a burst of 20, then says when to come back', async () => {
  const user = await parley.user();
  const get = () => parley.rest.call('GET', '/users/me', { token: user.token });
  const answers = await Promise.all(Array.from({ length: 125 }, get));
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(120);
  const refused = answers.find((answer) => answer.status === 429);
  expect(refused?.body.error?.code).toBe('TOO_MANY_REQUESTS');
  expect(refused && retryAfter(refused)).toBeGreaterThan(0);
  // Another user is not concerned.
  const other = await parley.user();
  expect((await parley.rest.call('GET', '/users/me', { token: other.token })).status).toBe(200);
});

it('takes 30 messages in 10 seconds from a user, refuses the next, and keeps the connection', async () => {
  const [ada, ben] = [await parley.user(), await parley.user()];
  const chat = await parley.rest.chat(ada, ben);
  const [one, two] = await Promise.all([rawSocket(parley.url, ada.token), rawSocket(parley.url, ada.token)]);
  // Counted per user, not per connection.
  const answers = await Promise.all(
    Array.from({ length: 35 }, (_, n) => (n % 2 ? one : two).send(chat, `${n}`)),
  );
  const refused = answers.filter((answer) => answer.code === 4029);
  expect(refused).toHaveLength(5);
  expect(refused[0]).toMatchObject({ reason: 'TOO_MANY_REQUESTS' });
  expect(refused[0]?.retry_after).toBeGreaterThan(0);
  one.emit('ping', { again: randomUUID() });
  await one.next('pong');
  one.emit('message.delivered', { message_ids: [answers.find((answer) => answer.message_id)?.message_id] });
});

it('sends three codes to a phone in five minutes', async () => {
  const phone = newPhone();
  const statuses: number[] = [];
  for (let n = 0; n < 4; n++) {
    statuses.push((await parley.rest.call('POST', '/auth/request-otp', { body: { phone } })).status);
  }
  expect(statuses).toEqual([200, 200, 200, 429]);
});

it('stops an address that is not signed in', async () => {
  // On stores of its own: instances that share theirs count together.
  await using strict = await startParley({ RATE_LIMIT_SCALE: '1', RATE_LIMIT_API_IP: '30/60' });
  const answers = await Promise.all(Array.from({ length: 33 }, () => strict.rest.call('GET', '/users/me')));
  expect(answers.filter((answer) => answer.status === 401)).toHaveLength(30);
  const refused = answers.filter((answer) => answer.status === 429);
  expect(refused).toHaveLength(3);
  expect(refused[0] && retryAfter(refused[0])).toBeGreaterThan(50);
  expect((await fetch(`${strict.url}/health`)).status).toBe(200);
});
