import { once } from 'node:events';
import type { RateLimiter } from '@parley/core';
import { describe, expect, test } from 'vitest';
import { answerTo, begin, end, field } from './support/forms.ts';
import { expectError, TestServer } from './support/http.ts';
import { opened, pour } from './support/uploading.ts';

const patient = { wholeMs: 60_000, silenceMs: 60_000 };
const rest = Buffer.concat([Buffer.from('\r\n'), end]);

/** A server of its own, and who uploads to it. */
async function start(times = patient) {
  const server = await TestServer.start({ times });
  return { server, token: (await server.signIn()).token };
}

const nothingKept = ({ runtime }: TestServer) => expect.poll(() => runtime.objects.files()).toEqual([]);
const statuses = ({ runtime }: TestServer) =>
  runtime.logged.filter(({ msg }) => msg === 'request').map(({ status }) => status);

describe('a client that goes away', () => {
  test.each(['image', 'document'])('in the middle of its file leaves nothing (%s)', async (type) => {
    const { server, token } = await start();
    await using _stopped = server;
    const sent = begin(server, token, { 'content-length': 10_000_000 });
    sent.write(opened(type));
    await pour(sent, () => false, 2 * 2 ** 20);
    await expect.poll(() => server.runtime.tools.claims.length).toBe(1);
    sent.destroy();
    await expect.poll(() => statuses(server)).toEqual([499]);
    await nothingKept(server);
  });

  test.each([
    ['POST', '/api/v1/media/upload'],
    ['PATCH', '/api/v1/users/me'],
  ])('before it is known who it is leaves nothing (%s %s)', async (method, path) => {
    const known = Promise.withResolvers<void>();
    const rates: RateLimiter = {
      async consume() {
        await known.promise;
        return { allowed: true };
      },
      peek: async () => ({ allowed: true }),
      reset: async () => undefined,
    };
    await using server = await TestServer.start({ parts: { rates }, times: patient });
    const { token } = await server.signIn();
    const sent = begin(server, token, { 'content-length': 10_000 }, [method, path]);
    sent.write(field('type', 'image'));
    await once(server.server, 'request');
    sent.destroy();
    await expect.poll(() => server.connections()).toBe(0);
    known.resolve();
    await expect.poll(() => statuses(server)).toEqual([499]);
    await nothingKept(server);
  });
});

describe('a client that is slow', () => {
  test('is given up when nothing comes for too long, with an answer', async () => {
    const { server, token } = await start({ ...patient, silenceMs: 150 });
    await using _stopped = server;
    const sent = begin(server, token);
    sent.write(opened('document'));
    const answer = await answerTo(sent);
    expectError(answer, 400, 'BAD_REQUEST');
    expect(answer.body.error?.message).toContain('nothing came');
    expect(answer.headers.connection).toBe('close');
    sent.destroy();
    await nothingKept(server);
  });

  test('is given up when it takes too long, although something comes', async () => {
    const { server, token } = await start({ ...patient, wholeMs: 300 });
    await using _stopped = server;
    const sent = begin(server, token);
    sent.write(opened('document'));
    const drip = setInterval(() => sent.write('d'), 20);
    const answer = await answerTo(sent);
    clearInterval(drip);
    expectError(answer, 400, 'BAD_REQUEST');
    expect(answer.body.error?.message).toContain('too long');
    sent.destroy();
    await nothingKept(server);
  });

  test('is not given up while something comes', async () => {
    const { server, token } = await start({ ...patient, silenceMs: 1_000 });
    await using _stopped = server;
    const sent = begin(server, token);
    sent.write(opened('document'));
    const drip = setInterval(() => sent.write('d'), 50);
    setTimeout(() => {
      clearInterval(drip);
      sent.end(rest);
    }, 1_500);
    expect((await answerTo(sent)).status).toBe(201);
  });

  test('is not given up for a store that is slow', async () => {
    const { server, token } = await start({ ...patient, silenceMs: 500 });
    await using _stopped = server;
    const held = Promise.withResolvers<void>();
    const { objects } = server.runtime;
    const put = objects.put.bind(objects);
    objects.put = async (key, body, options) => {
      await held.promise;
      return put(key, body, options);
    };
    const sent = begin(server, token);
    const answer = answerTo(sent);
    sent.write(opened('document'));
    const poured = pour(sent, () => false, 4 * 2 ** 20).then(() => sent.end(rest));
    setTimeout(held.resolve, 1_200);
    expect((await answer).status).toBe(201);
    await poured;
  });

  test('is answered by a program that stops meanwhile', async () => {
    const { server, token } = await start();
    await using _stopped = server;
    const sent = begin(server, token);
    sent.write(opened('document'));
    await expect.poll(() => server.runtime.tools.claims.length).toBe(1);
    const draining = server.api.drain();
    sent.end(rest);
    const answer = await answerTo(sent);
    expect([answer.status, answer.headers.connection]).toEqual([201, 'close']);
    await draining;
  });
});
