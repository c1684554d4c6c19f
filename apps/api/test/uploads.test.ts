import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { media } from '@parley/contract';
import { describe, expect, test } from 'vitest';
import { answerTo, begin, boundary, field, file, form, part } from './support/forms.ts';
import { expectError } from './support/http.ts';
import { uploading } from './support/uploading.ts';

const here = uploading();
const claim = () => here.server.runtime.tools.claims.at(-1);
const stored = (key: string) => here.server.runtime.objects.get(key);

describe('an upload', () => {
  test('is stored as it came, and answered with 201', async () => {
    const answer = await here.post(form(field('type', 'document'), file('dear diary', 'notes.txt')));
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
    expect((await here.post(form(...fields, file('i')))).status).toBe(201);
    expect(claim()?.type).toBe('image');
    expect((await here.post(form(file('i'), ...fields))).status).toBe(201);
    expect(claim()?.type).toBeNull();
  });

  test('whose type comes behind the file must still be of that type', async () => {
    const other = await here.post(form(file('v'), field('type', 'audio')));
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
    const answer = await here.post(body);
    expectError(answer, 422, 'VALIDATION_ERROR');
    expect(answer.body.error?.details.map((detail) => detail.path)).toEqual([path]);
  });

  test('takes the first of a repeated field, and names that mean something elsewhere', async () => {
    const odd = ['__proto__', 'constructor', 'id', ''].map((name) => field(name, 'x'));
    const body = form(...odd, field('type', 'image'), field('type', 'hologram'), file('i'));
    expect((await here.post(body)).status).toBe(201);
  });

  test('takes fields that are encoded as JSON, as some clients do', async () => {
    const type = part(
      'Content-Disposition: form-data; name="type"\r\nContent-Type: application/json',
      '"image"',
    );
    expect((await here.post(form(type, file('i')))).status).toBe(201);
  });

  test('takes a file whose part says neither name nor type', async () => {
    const bare = part('Content-Disposition: form-data; name="file"', 'i');
    expect((await here.post(form(field('type', 'image'), bare))).body.data.filename).toBeNull();
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
    const { body } = await here.post(form(field('type', 'image'), part(headers, 'i')));
    expect(body.data.filename).toBe(name);
  });
});

describe('photos', () => {
  test('of a user are set with 200, and can be seen', async () => {
    const options = { method: 'PUT', path: '/users/me/avatar' };
    const answer = await here.post(form(file('image')), options);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data).toMatchObject({
      id: here.userId,
      avatar_url: expect.stringMatching(/^\/avatars\//),
    });
    expect((await here.server.call('GET', answer.body.data.avatar_url)).text).toBe('image');
  });

  test('are images, and a form that is broken behind one changes nothing', async () => {
    const before = (await here.server.rest('GET', '/users/me', { token: here.token })).body.data.avatar_url;
    const options = { method: 'PUT', path: '/users/me/avatar' };
    expectError(await here.post(form(file('v')), options), 415, 'MEDIA_INVALID_TYPE');
    expectError(await here.post(form(file('i'), file('i')), options), 422, 'VALIDATION_ERROR');
    expectError(await here.post(file('image'), options), 400, 'BAD_REQUEST');
    expect((await here.server.rest('GET', '/users/me', { token: here.token })).body.data.avatar_url).toBe(
      before,
    );
  });

  test('stay as they are where the form breaks after the whole of a new one has come', async () => {
    const before = (await here.server.rest('GET', '/users/me', { token: here.token })).body.data;
    const { claims } = here.server.runtime.tools;
    for (const [status, ending] of [
      [400, Buffer.alloc(0)],
      [422, form(file('i'))],
    ] as const) {
      const asked = claims.length;
      const sent = begin(here.server, here.token, {}, ['PUT', '/api/v1/users/me/avatar']);
      sent.write(Buffer.concat([file('image'), field('note', 'x')]));
      await expect.poll(() => claims.length).toBe(asked + 1);
      // Time enough for a store that does not wait for the end.
      for (let i = 0; i < 20; i++) await here.server.call('GET', '/health');
      sent.end(ending);
      expect((await answerTo(sent)).status).toBe(status);
    }
    const after = (await here.server.rest('GET', '/users/me', { token: here.token })).body.data;
    expect(after).toEqual(before);
  });

  test('of a group are for its admins, and the path says which group', async () => {
    const { chatId } = await here.server.pair();
    const put = (id: string) =>
      here.post(form(field('id', chatId), file('i')), { method: 'PUT', path: `/chats/${id}/avatar` });
    expectError(await put('not-a-uuid'), 400, 'BAD_REQUEST');
    expectError(await put(crypto.randomUUID()), 404, 'CHAT_NOT_FOUND');
    expectError(await put(chatId.toUpperCase()), 403, 'FORBIDDEN');
  });
});

test('an upload is one line in the log, without the name of the file', async () => {
  const before = here.server.runtime.logged.length;
  await here.post(form(field('type', 'image'), file('i', 'a secret.png')));
  const lines = here.server.runtime.logged.slice(before).filter(({ msg }) => msg === 'request');
  expect(lines).toMatchObject([
    { route: '/api/v1/media/upload', method: 'POST', status: 201, user_id: here.userId },
  ]);
  expect(JSON.stringify(here.server.runtime.logged)).not.toContain('a secret');
});

test('after a refusal the connection can be used again, where the body had come', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const again = async (body: Buffer) => {
    const headers = {
      authorization: `Bearer ${here.token}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
    };
    const sent = request(`${here.server.url}/api/v1/media/upload`, { method: 'POST', agent, headers });
    sent.end(body);
    const [response] = await once(sent, 'response');
    await response.resume().toArray();
    return [response.statusCode, sent.reusedSocket];
  };
  expect(await again(form(field('type', 'hologram'), file('i')))).toEqual([422, false]);
  expect(await again(form(field('type', 'image'), file(Buffer.alloc(200_000, 'x'))))).toEqual([415, true]);
  expect(await again(form(field('type', 'image'), file('i')))).toEqual([201, true]);
  here.accepted++;
  agent.destroy();
});
