import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { limits, media } from '@parley/contract';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerTo, begin, boundary, field, file, form, part, upload } from './support/forms.ts';
import { expectError, TestServer } from './support/http.ts';

let server: TestServer;
let token: string;
let userId: string;
beforeAll(async () => {
  server = await TestServer.start();
  const mina = await server.signIn();
  token = mina.token;
  userId = mina.user.id;
});
afterAll(() => server[Symbol.asyncDispose]());

/** Of what is refused, nothing is kept. */
let accepted = 0;
afterEach(async () => {
  const count = () => server.runtime.objects.files().then((files) => files.length);
  await expect.poll(count).toBe(accepted);
});

/** Sends a form to this server. */
async function post(body: Buffer, options: Parameters<typeof upload>[3] = {}) {
  const answer = await upload(server, token, body, options);
  if (answer.status < 300) accepted++;
  return answer;
}

const claim = () => server.runtime.tools.claims.at(-1);
const stored = (key: string) => server.runtime.objects.get(key);

describe('an upload', () => {
  test('is stored as it came, and answered with 201', async () => {
    const answer = await post(form(field('type', 'document'), file('dear diary', 'notes.txt')));
    expect(answer.status, answer.text).toBe(201);
    expect(media.parse(answer.body.data)).toMatchObject({
      type: 'document',
      mime_type: 'text/plain',
      size_bytes: 10,
      filename: 'notes.txt',
      status: 'ready',
    });
    expect(answer.body.meta.request_id).toBe(answer.headers['x-request-id']);
    const object = await stored(`media/${answer.body.data.media_id}`);
    expect(Buffer.concat(await (object?.body.toArray() ?? [])).toString()).toBe('dear diary');
    expect(claim()).toEqual({ type: 'document', filename: 'notes.txt' });
  });

  test('may have its fields before or behind the file', async () => {
    const fields = [field('caption', 'ignored'), field('type', 'image')];
    expect((await post(form(...fields, file('i')))).status).toBe(201);
    expect(claim()?.type).toBe('image');
    expect((await post(form(file('i'), ...fields))).status).toBe(201);
    expect(claim()?.type).toBeNull();
  });

  test('whose type comes behind the file must still be of that type', async () => {
    const other = await post(form(file('v'), field('type', 'audio')));
    expectError(other, 415, 'MEDIA_INVALID_TYPE');
  });

  test.each([
    ['type is missing', form(file('i')), 'type'],
    ['type is unknown', form(field('type', 'hologram'), file('i')), 'type'],
    ['type is unknown and comes last', form(file('i'), field('type', 'hologram')), 'type'],
    ['type is empty', form(field('type', ''), file('i')), 'type'],
    ['type is very long', form(field('type', 'image'.repeat(1_000)), file('i')), 'type'],
    ['file is missing', form(field('type', 'image')), 'file'],
    ['file is a text of another name', form(field('type', 'image'), field('image', 'i')), 'file'],
    ['file has another name', form(field('type', 'image'), file('i', 'a.png', 'image')), 'file'],
    ['there are two files', form(field('type', 'image'), file('i'), file('i')), 'file'],
    ['a second file has another name', form(file('i'), field('type', 'image'), file('i', 'b', 'b')), 'file'],
    ['there is nothing', form(), 'file'],
  ])('whose %s is 422 and says so', async (_what, body, path) => {
    const answer = await post(body);
    expectError(answer, 422, 'VALIDATION_ERROR');
    expect(answer.body.error?.details.map((detail) => detail.path)).toEqual([path]);
  });

  test('takes the first of a repeated field, and names that mean something elsewhere', async () => {
    const odd = ['__proto__', 'constructor', 'id', ''].map((name) => field(name, 'x'));
    const body = form(...odd, field('type', 'image'), field('type', 'hologram'), file('i'));
    expect((await post(body)).status).toBe(201);
  });

  test('takes fields that are encoded as JSON, as some clients do', async () => {
    const type = part(
      'Content-Disposition: form-data; name="type"\r\nContent-Type: application/json',
      '"image"',
    );
    expect((await post(form(type, file('i')))).status).toBe(201);
  });

  test('takes a file whose part says neither name nor type', async () => {
    const bare = part('Content-Disposition: form-data; name="file"', 'i');
    expect((await post(form(field('type', 'image'), bare))).body.data.filename).toBeNull();
  });

  test.each([
    ['résumé.pdf', 'filename="résumé.pdf"'],
    ['зима 🏊.png', 'filename="зима 🏊.png"'],
    ['a "b".txt', 'filename="a \\"b\\".txt"'],
    ['a;b=c.txt', 'filename="a;b=c.txt"'],
    ['passwd', 'filename="../../etc/passwd"'],
    ['photo.jpg', 'filename="C:\\Users\\Mina\\photo.jpg"'],
    [null, 'filename=".."'],
    [null, 'filename=""'],
  ])('keeps the name %j of %s', async (name, given) => {
    const headers = Buffer.from(`Content-Disposition: form-data; name="file"; ${given}`);
    const { body } = await post(form(field('type', 'image'), part(headers, 'i')));
    expect(body.data.filename).toBe(name);
  });

  test('reads the same however the network cuts it', async () => {
    const bytes = Buffer.from(`i\r\n--${boundary.slice(0, -1)}\r\n\r--${boundary}\r\n--\r`);
    const body = form(field('type', 'image'), file(bytes), field('caption', 'x'));
    const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (lengths) => {
        const sent = begin(server, token, { 'content-length': body.length });
        sent.setNoDelay(true);
        for (let at = 0, i = 0; at < body.length; i++) {
          const next = at + (lengths[i % lengths.length] as number);
          await new Promise((done) => sent.write(body.subarray(at, next), done));
          at = next;
        }
        sent.end();
        const answer = await answerTo(sent);
        expect(answer.status, answer.text).toBe(201);
        const object = await stored(`media/${answer.body.data.media_id}`);
        expect(Buffer.concat(await (object?.body.toArray() ?? []))).toEqual(bytes);
        accepted++;
      }),
      { numRuns: 15 },
    );
  });
});

describe('what is no such form', () => {
  const good = form(field('type', 'image'), file('i'));

  test.each([
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/mixed; boundary=x',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'x'.repeat(300)}`,
    '',
  ])('by its type (%s) is 400', async (type) => {
    expectError(await post(good, { headers: { 'content-type': type } }), 400, 'BAD_REQUEST');
  });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['cut off in the file', good.subarray(0, -30)],
    ['cut off behind the file', Buffer.concat([field('type', 'image'), file('i')])],
    ['cut off in the headers of a part', Buffer.concat([file('i'), field('type', 'image').subarray(0, 60)])],
    ['of another boundary', Buffer.from(good.toString().replaceAll(boundary, 'something-else'))],
    ['no form at all', Buffer.from('{"type":"image"}')],
    ['of too many fields', form(...Array.from({ length: 21 }, (_, i) => field(`f${i}`, 'x')), file('i'))],
    [
      'of a file in Base64',
      form(
        field('type', 'image'),
        part('Content-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: base64', 'aQ=='),
      ),
    ],
  ])('by its body (%s) is 400', async (_what, body) => {
    expectError(await post(body), 400, 'BAD_REQUEST');
  });

  test('by its compression is 400', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expectError(await post(good, { headers }), 400, 'BAD_REQUEST');
  });

  test('never hangs or fails, whatever is broken in it, and leaves nothing', async () => {
    const whole = form(field('type', 'image'), file('image bytes'), field('x', 'y'));
    const edit = fc.record({
      kind: fc.constantFrom('drop', 'repeat', 'cut', 'change', 'turn'),
      at: fc.nat(whole.length - 1),
      length: fc.integer({ min: 1, max: 40 }),
      byte: fc.nat(255),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        let body = Buffer.from(whole);
        for (const { kind, at, length, byte } of edits) {
          const [before, after] = [body.subarray(0, at), body.subarray(at)];
          if (kind === 'drop') body = Buffer.concat([before, after.subarray(length)]);
          if (kind === 'repeat') body = Buffer.concat([before, after.subarray(0, length), after]);
          if (kind === 'cut') body = before;
          if (kind === 'turn') body = Buffer.concat([after, before]);
          if (kind === 'change') body = Buffer.concat([before, Buffer.from([byte]), after.subarray(1)]);
        }
        const answer = await post(body);
        expect([201, 400, 415, 422]).toContain(answer.status);
      }),
      { numRuns: 200 },
    );
  });
});

describe('photos', () => {
  test('of a user are set with 200, and can be seen', async () => {
    const options = { method: 'PUT', path: '/users/me/avatar' };
    const answer = await post(form(file('image')), options);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data).toMatchObject({ id: userId, avatar_url: expect.stringMatching(/^\/avatars\//) });
    expect((await server.call('GET', answer.body.data.avatar_url)).text).toBe('image');
  });

  test('are images, and a form that is broken behind one changes nothing', async () => {
    const before = (await server.rest('GET', '/users/me', { token })).body.data.avatar_url;
    const options = { method: 'PUT', path: '/users/me/avatar' };
    expectError(await post(form(file('v')), options), 415, 'MEDIA_INVALID_TYPE');
    expectError(await post(form(file('i'), file('i')), options), 422, 'VALIDATION_ERROR');
    expectError(await post(file('image'), options), 400, 'BAD_REQUEST');
    expect((await server.rest('GET', '/users/me', { token })).body.data.avatar_url).toBe(before);
  });

  test('of a group are for its admins, and the path says which group', async () => {
    const { chatId } = await server.pair();
    const put = (id: string) =>
      post(form(field('id', chatId), file('i')), { method: 'PUT', path: `/chats/${id}/avatar` });
    expectError(await put('not-a-uuid'), 400, 'BAD_REQUEST');
    expectError(await put(crypto.randomUUID()), 404, 'CHAT_NOT_FOUND');
    expectError(await put(chatId.toUpperCase()), 403, 'FORBIDDEN');
  });
});

describe('who uploads', () => {
  test('must be signed in, which is seen before the body', async () => {
    for (const [method, path] of [
      ['POST', '/media/upload'],
      ['PUT', '/users/me/avatar'],
      ['PUT', `/chats/${crypto.randomUUID()}/avatar`],
    ] as const) {
      expectError(await upload(server, undefined, form(file('i')), { method, path }), 401, 'UNAUTHORIZED');
      expectError(await upload(server, 'bad', form(file('i')), { method, path }), 401, 'TOKEN_INVALID');
    }
    const sent = begin(server, undefined, { 'content-length': limits.mediaBytes.image });
    sent.flushHeaders();
    const answer = await answerTo(sent);
    expectError(answer, 401, 'UNAUTHORIZED');
    expect(answer.headers.connection).toBe('close');
    sent.destroy();
  });

  test('may upload ten files a minute, which is seen before the body', async () => {
    await using limited = await TestServer.start({ env: { RATE_LIMIT_SCALE: '1' } });
    const mina = await limited.signIn();
    const body = form(field('type', 'image'), file('i'));
    for (let i = 0; i < 9; i++) expect((await upload(limited, mina.token, body)).status).toBe(201);
    const photo = { method: 'PUT', path: '/users/me/avatar' };
    expect((await upload(limited, mina.token, form(file('i')), photo)).status).toBe(200);
    const sent = begin(limited, mina.token, { 'content-length': 1_000_000 });
    sent.flushHeaders();
    const refused = await answerTo(sent);
    expectError(refused, 429, 'TOO_MANY_REQUESTS');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    sent.destroy();
    const jonas = await limited.signIn('+491517654321');
    expect((await upload(limited, jonas.token, body)).status).toBe(201);
  });

  test('is let through where uploads cannot be counted, which is logged', async () => {
    const rates = {
      consume: () => Promise.reject(new Error('no engine')),
      peek: async () => ({ allowed: true }) as const,
      reset: async () => undefined,
    };
    await using open = await TestServer.start({ parts: { rates } });
    const mina = await open.signIn();
    expect((await upload(open, mina.token, form(field('type', 'image'), file('i')))).status).toBe(201);
    expect(open.runtime.logged.some(({ level }) => level === 'warn')).toBe(true);
  });
});

test('an upload is one line in the log, without the name of the file', async () => {
  const before = server.runtime.logged.length;
  await post(form(field('type', 'image'), file('i', 'a secret.png')));
  const lines = server.runtime.logged.slice(before).filter(({ msg }) => msg === 'request');
  expect(lines).toMatchObject([
    { route: '/api/v1/media/upload', method: 'POST', status: 201, user_id: userId },
  ]);
  expect(JSON.stringify(server.runtime.logged)).not.toContain('a secret');
});

test('after a refusal the connection can be used again, where the body had come', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const again = async (body: Buffer) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
    };
    const sent = request(`${server.url}/api/v1/media/upload`, { method: 'POST', agent, headers });
    sent.end(body);
    const [response] = await once(sent, 'response');
    await response.resume().toArray();
    return response.statusCode;
  };
  expect(await again(form(field('type', 'hologram'), file('i')))).toBe(422);
  expect(await again(form(field('type', 'image'), file(Buffer.alloc(300_000, 'x'))))).toBe(415);
  expect(await again(form(field('type', 'image'), file('i')))).toBe(201);
  accepted++;
  agent.destroy();
});
