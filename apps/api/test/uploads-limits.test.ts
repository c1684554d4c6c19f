import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { limits } from '@parley/contract';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerTo, begin, boundary, end, field, file, form, multipart } from './support/forms.ts';
import { expectError, TestServer } from './support/http.ts';

const { mediaBytes } = limits;
const times = { wholeMs: 60_000, silenceMs: 30_000 };

let server: TestServer;
let token: string;
const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeEach(async () => {
  process.on('unhandledRejection', note);
  server = await TestServer.start({ times });
  token = (await server.signIn()).token;
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

const nothingKept = () => expect.poll(() => server.runtime.objects.files()).toEqual([]);
const piece = Buffer.alloc(64 * 1024, 'i');

/** Opens the part `file` with its first byte and leaves it open. */
const opened = (type: string, first = type.charAt(0)) =>
  Buffer.concat([field('type', type), file(first).subarray(0, -2)]);

/** Writes pieces until `stop`, waiting as long as the server lets it; says how many bytes went. */
async function pour(
  sent: ClientRequest,
  stop: () => boolean,
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  let bytes = 0;
  while (!stop() && bytes < most && !sent.destroyed) {
    await new Promise((resolve) => sent.write(piece, resolve));
    bytes += piece.length;
  }
  return bytes;
}

describe('a file that is too large', () => {
  test.each([
    ['any', '/api/v1/media/upload', Math.max(...Object.values(mediaBytes))],
    ['a photo', '/api/v1/users/me/avatar', mediaBytes.image],
  ])('is refused at once where its length is told (%s)', async (_what, path, most) => {
    const sent = begin(server, token, { 'content-length': most + 1_000_000 });
    sent.path = path;
    if (path.endsWith('avatar')) sent.method = 'PUT';
    sent.flushHeaders();
    const answer = await answerTo(sent);
    expectError(answer, 413, 'MEDIA_TOO_LARGE');
    expect(answer.body.error?.message).toContain(`${most / 2 ** 20} MB`);
    expect(answer.headers.connection).toBe('close');
    sent.destroy();
  });

  test('is refused when its type is known, where its length is told', async () => {
    const sent = begin(server, token, { 'content-length': mediaBytes.video });
    sent.write(opened('image'));
    expectError(await answerTo(sent), 413, 'MEDIA_TOO_LARGE');
    sent.destroy();
    await nothingKept();
  });

  test('is refused at the first byte too many, while the client still sends', async () => {
    const sent = begin(server, token);
    let answered = false;
    const answer = answerTo(sent).finally(() => {
      answered = true;
    });
    sent.write(opened('document'));
    const bytes = await pour(sent, () => answered);
    expectError(await answer, 413, 'MEDIA_TOO_LARGE');
    expect((await answer).headers.connection).toBe('close');
    expect(bytes).toBeGreaterThanOrEqual(mediaBytes.document);
    // What the client had on its way when it was answered.
    expect(bytes).toBeLessThan(mediaBytes.document + 16 * 2 ** 20);
    sent.destroy();
    await nothingKept();
  }, 30_000);

  test('may have exactly as many bytes as it may', async () => {
    const sent = begin(server, token);
    const most = mediaBytes.image;
    const answer = answerTo(sent);
    sent.end(form(field('type', 'image'), file(Buffer.alloc(most, 'i'))));
    expect((await answer).status).toBe(201);
    const more = begin(server, token);
    const refused = answerTo(more);
    more.end(form(field('type', 'image'), file(Buffer.alloc(most + 1, 'i'))));
    expectError(await refused, 413, 'MEDIA_TOO_LARGE');
  });

  test('is refused where it hides in parts that are ignored', async () => {
    const sent = begin(server, token);
    let answered = false;
    const answer = answerTo(sent).finally(() => {
      answered = true;
    });
    sent.write(field('type', 'image'));
    sent.write(`--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\n`);
    await pour(sent, () => answered, 4 * mediaBytes.image);
    expectError(await answer, 413, 'MEDIA_TOO_LARGE');
    sent.destroy();
  });
});

describe('a client that is answered early', () => {
  const head = (more: string) =>
    `POST /api/v1/media/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${multipart}\r\n${more}\r\n\r\n`;

  test.each([
    [415, opened('document', 'x')],
    [422, opened('hologram')],
  ])(
    'gets its answer (%s), and the connection closes when it goes on for too long',
    async (status, start) => {
      const socket = connect(server.port, '127.0.0.1');
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk;
      });
      socket.on('error', () => {});
      const closed = once(socket, 'close');
      socket.write(head('Content-Length: 100000000'));
      socket.write(start);
      await expect.poll(() => received).toContain('"request_id"');
      expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(received).toMatch(/^connection: close/im);
      // It goes on, and leaves the server no time to rest.
      let bytes = 0;
      while (!socket.destroyed && bytes < 100_000_000) {
        await Promise.race([new Promise((resolve) => socket.write(piece, resolve)), closed]);
        bytes += piece.length;
      }
      await closed;
      await nothingKept();
    },
  );

  test('gets it also where it reads only after it has sent everything', async () => {
    const body = Buffer.concat([field('type', 'hologram'), file(Buffer.alloc(30 * 2 ** 20, 'i')), end]);
    const socket = connect(server.port, '127.0.0.1');
    socket.pause();
    await new Promise((resolve) =>
      socket.write(Buffer.concat([Buffer.from(head(`Content-Length: ${body.length}`)), body]), resolve),
    );
    const received = Buffer.concat(await socket.toArray()).toString();
    expect(received).toMatch(/^HTTP\/1\.1 422 /);
    expect(received).toContain('"path":"type"');
  });
});

describe('a client that asks first', () => {
  const headers = { expect: '100-continue' };

  test('is told to go on once it may', async () => {
    const body = form(field('type', 'image'), file('i'));
    const sent = begin(server, token, { ...headers, 'content-length': body.length });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end(body);
    expect((await answerTo(sent)).status).toBe(201);
  });

  test.each([
    ['401', 401, 100, undefined],
    ['413', 413, 10 ** 9, 'good'],
  ] as const)('is refused without having sent its body (%s)', async (_n, status, length, who) => {
    const sent = begin(server, who && token, { ...headers, 'content-length': length });
    let asked = false;
    sent.on('continue', () => {
      asked = true;
    });
    sent.flushHeaders();
    const answer = await answerTo(sent);
    expect([answer.status, asked, answer.headers.connection]).toEqual([status, false, 'close']);
    // Nothing is waited for: the client sends nothing more.
    await expect.poll(() => server.connections(), { timeout: 1_000 }).toBe(0);
  });

  test('is told so on every other route too', async () => {
    const options = { token, body: '{"display_name":"Mina"}', headers };
    expect((await server.rest('PATCH', '/users/me', options)).status).toBe(200);
    const trpc = { token, body: '{"display_name":"Mina"}', headers };
    expect((await server.call('POST', '/trpc/users.updateMe', trpc)).status).toBe(200);
  });
});

describe('a client that goes away', () => {
  test.each(['image', 'document'])('in the middle of its file leaves nothing (%s)', async (type) => {
    const sent = begin(server, token, { 'content-length': 10_000_000 });
    sent.write(opened(type));
    await pour(sent, () => false, 2 * 2 ** 20);
    await expect.poll(() => server.runtime.tools.claims.length).toBe(1);
    sent.destroy();
    await expect
      .poll(() => server.runtime.logged.filter(({ msg }) => msg === 'request').map(({ status }) => status))
      .toEqual([499]);
    await nothingKept();
  });

  test('before its file begins leaves nothing', async () => {
    const sent = begin(server, token, { 'content-length': 10_000_000 });
    sent.write(field('type', 'image'));
    await once(server.server, 'request');
    sent.destroy();
    await expect.poll(() => server.runtime.logged.some(({ status }) => status === 499)).toBe(true);
    await nothingKept();
  });
});

describe('a client that is slow', () => {
  test('is given up when nothing comes for too long, with an answer', async () => {
    await using quick = await TestServer.start({ times: { wholeMs: 60_000, silenceMs: 150 } });
    const sent = begin(quick, (await quick.signIn()).token);
    sent.write(opened('document'));
    const answer = await answerTo(sent);
    expectError(answer, 400, 'BAD_REQUEST');
    expect(answer.body.error?.message).toContain('nothing came');
    sent.destroy();
    await expect.poll(() => quick.runtime.objects.files()).toEqual([]);
  });

  test('is given up when it takes too long, although something comes', async () => {
    await using quick = await TestServer.start({ times: { wholeMs: 400, silenceMs: 200 } });
    const sent = begin(quick, (await quick.signIn()).token);
    sent.write(opened('document'));
    const drip = setInterval(() => sent.write('d'), 20);
    const answer = await answerTo(sent);
    clearInterval(drip);
    expectError(answer, 400, 'BAD_REQUEST');
    expect(answer.body.error?.message).toContain('too long');
    sent.destroy();
  });

  test('is not given up for a store that is slow', async () => {
    await using quick = await TestServer.start({ times: { wholeMs: 60_000, silenceMs: 100 } });
    const held = Promise.withResolvers<void>();
    const { objects } = quick.runtime;
    const put = objects.put.bind(objects);
    objects.put = async (key, body, options) => {
      await held.promise;
      return put(key, body, options);
    };
    const sent = begin(quick, (await quick.signIn()).token);
    const answer = answerTo(sent);
    sent.write(opened('document'));
    const poured = pour(sent, () => false, 4 * 2 ** 20).then(() =>
      sent.end(Buffer.concat([Buffer.from('\r\n'), end])),
    );
    setTimeout(held.resolve, 600);
    expect((await answer).status).toBe(201);
    await poured;
  });

  test('does not keep a program from stopping for ever, and is answered by it', async () => {
    const sent = begin(server, token);
    sent.write(opened('document'));
    await expect.poll(() => server.runtime.tools.claims.length).toBe(1);
    const draining = server.api.drain();
    sent.end(Buffer.concat([Buffer.from('\r\n'), end]));
    const answer = await answerTo(sent);
    expect([answer.status, answer.headers.connection]).toEqual([201, 'close']);
    await draining;
  });
});
