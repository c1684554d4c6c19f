import { once } from 'node:events';
import { connect } from 'node:net';
import { limits } from '@parley/contract';
import { describe, expect, test } from 'vitest';
import { answerTo, begin, boundary, end, field, file, form, multipart } from './support/forms.ts';
import { expectError } from './support/http.ts';
import { opened, piece, pour, uploading } from './support/uploading.ts';

const here = uploading();

const { mediaBytes } = limits;

describe('a file that is too large', () => {
  test.each([
    ['POST', '/api/v1/media/upload', Math.max(...Object.values(mediaBytes))],
    ['PUT', '/api/v1/users/me/avatar', mediaBytes.image],
  ])('is refused at once where its length is told (%s %s)', async (method, path, most) => {
    const sent = begin(here.server, here.token, { 'content-length': most + 1_000_000 }, [method, path]);
    sent.flushHeaders();
    const answer = await answerTo(sent);
    expectError(answer, 413, 'MEDIA_TOO_LARGE');
    expect(answer.body.error?.message).toContain(`${most / 2 ** 20} MB`);
    expect(answer.headers.connection).toBe('close');
    sent.destroy();
  });

  test('is refused when its type is known, where its length is told', async () => {
    const sent = begin(here.server, here.token, { 'content-length': mediaBytes.video });
    sent.write(opened('image'));
    expectError(await answerTo(sent), 413, 'MEDIA_TOO_LARGE');
    sent.destroy();
  });

  test('is refused at the first byte too many, while the client still sends', async () => {
    const sent = begin(here.server, here.token);
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
  }, 30_000);

  test('may have exactly as many bytes as it may', async () => {
    const { image } = mediaBytes;
    const send = (bytes: number) => here.post(form(field('type', 'image'), file(Buffer.alloc(bytes, 'i'))));
    expect((await send(image)).status).toBe(201);
    expectError(await send(image + 1), 413, 'MEDIA_TOO_LARGE');
  });

  test('is refused where it hides in parts that are ignored', async () => {
    const sent = begin(here.server, here.token);
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
    `POST /api/v1/media/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${here.token}\r\nContent-Type: ${multipart}\r\n${more}\r\n\r\n`;

  test.each([
    [415, opened('document', 'x')],
    [422, opened('hologram')],
  ])(
    'gets its answer (%s), and the connection closes when it goes on for too long',
    async (status, start) => {
      const socket = connect(here.server.port, '127.0.0.1');
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk;
      });
      socket.on('error', () => {});
      const closed = once(socket, 'close');
      const chunk = (bytes: Buffer) =>
        Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
      socket.write(head('Transfer-Encoding: chunked'));
      socket.write(chunk(start));
      await expect.poll(() => received).toContain('"request_id"');
      expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(received).toMatch(/^connection: close/im);
      // It goes on for as long as it can, and leaves the server no time to rest.
      const more = chunk(piece);
      let bytes = 0;
      while (!socket.destroyed) {
        await Promise.race([new Promise((resolve) => socket.write(more, resolve)), closed]);
        bytes += more.length;
      }
      expect(bytes).toBeGreaterThan(32 * 2 ** 20);
      expect(bytes).toBeLessThan(256 * 2 ** 20);
    },
  );

  test('gets it also where it reads only after it has sent everything', async () => {
    const body = Buffer.concat([field('type', 'hologram'), file(Buffer.alloc(30 * 2 ** 20, 'i')), end]);
    const socket = connect(here.server.port, '127.0.0.1');
    socket.pause();
    await new Promise((resolve) =>
      socket.write(Buffer.concat([Buffer.from(head(`Content-Length: ${body.length}`)), body]), resolve),
    );
    const received = Buffer.concat(await socket.toArray()).toString();
    expect(received).toMatch(/^HTTP\/1\.1 422 /);
    expect(received).toContain('"path":"type"');
  });
});
