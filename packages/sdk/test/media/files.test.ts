// Sending files, photos, addresses and downloads, as the contract has them.
import { randomUUID } from 'node:crypto';
import {
  limits as contractLimits,
  type InputOf,
  type Message,
  sampleMessage,
  sendInput,
  uploads,
} from '@parley/contract';
import { describe, expect, test } from 'vitest';
import type { ParleyClient, SendFileOptions } from '../../src/index.ts';
import { limits } from '../../src/limits.ts';
import { nameOf, typeOf } from '../../src/media/kinds.ts';
import { uploadTargets } from '../../src/media/uploads.ts';
import { Refused } from '../support/accounts.ts';
import { failure, phone, signedIn, startServer } from '../support/client.ts';
import type { FakeServer } from '../support/server.ts';
import { mediaOf, refuse, takeUploads, type UploadSide } from '../support/uploads.ts';

interface Setting {
  server: FakeServer;
  side: UploadSide;
  client: ParleyClient;
  chatId: string;
  /** What `messages.send` was called with. */
  sends: InputOf<'messages.send'>[];
}

/** A server that stores messages that carry files. */
async function start(): Promise<Setting> {
  const server = await startServer();
  const side = takeUploads(server);
  const sends: InputOf<'messages.send'>[] = [];
  server.overrides['messages.send'] = (input) => {
    const sent = sendInput.parse(input);
    sends.push(sent);
    const { chat_id, client_msg_id, type, payload, reply_to_message_id = null } = sent;
    const media = mediaOf('image', { media_id: 'media_id' in payload ? payload.media_id : '' });
    return { ...sampleMessage, chat_id, client_msg_id, type, payload, reply_to_message_id, media };
  };
  return { server, side, client: await signedIn(server), chatId: randomUUID(), sends };
}

const png = () => new File(['png'], 'lake.png', { type: 'image/png' });

describe('the tables of the SDK', () => {
  test('say of limits what the contract says', () => {
    expect(contractLimits).toMatchObject(limits);
  });

  test('say of uploads what the contract says', () => {
    const expected = Object.entries(uploads).map(([name, { method, path }]) => [name, { method, path }]);
    expect(uploadTargets).toEqual(Object.fromEntries(expected));
    expect(Object.keys(uploads.media.fields.shape)).toEqual(['type']);
    expect(Object.keys(uploads.chatAvatar.fields.shape)).toEqual(['id']);
  });

  test.each([
    ['image', 'a.jpg A.JPEG a.png a.webp a.gif', 'image/jpeg image/png image/webp image/gif'],
    ['video', 'a.mp4 a.3gp a.mkv', 'video/mp4 video/3gpp video/x-matroska'],
    [
      'audio',
      'a.aac a.ogg a.mp3 a.opus a.m4a',
      'audio/aac audio/ogg;codecs=opus audio/mpeg audio/opus audio/mp4',
    ],
    [
      'document',
      'a.pdf a.doc a.docx a.xls a.xlsx a.ppt a.pptx a.txt a.zip',
      'application/pdf application/msword application/vnd.ms-excel application/vnd.ms-powerpoint text/plain application/zip application/x-zip-compressed application/vnd.openxmlformats-officedocument.wordprocessingml.document application/vnd.openxmlformats-officedocument.spreadsheetml.sheet application/vnd.openxmlformats-officedocument.presentationml.presentation',
    ],
    [
      undefined,
      'a.exe pdf a.pdf.exe',
      'text/html application/octet-stream image/svg+xml video/webm application/pdfx',
    ],
  ])('take for %s what the contract accepts as that', (type, names, mimes) => {
    for (const name of names.split(' ')) expect([name, typeOf({ name, mime: '' })]).toEqual([name, type]);
    for (const mime of mimes.split(' ')) expect([mime, typeOf({ name: '', mime })]).toEqual([mime, type]);
  });

  test('believe the MIME type more than the name, and make up a name of it', () => {
    expect(typeOf({ name: 'a.pdf', mime: 'image/png' })).toBe('image');
    expect(typeOf({ name: 'a.pdf', mime: 'application/octet-stream' })).toBe('document');
    expect(nameOf({ name: '', mime: 'audio/ogg; codecs=opus' }, 'audio')).toBe('audio.ogg');
  });
});

describe('sending a file', () => {
  const kinds = [
    { method: 'sendImage', type: 'image', payload: { caption: 'look' } },
    { method: 'sendVideo', type: 'video', payload: { caption: 'look' } },
    { method: 'sendDocument', type: 'document', payload: { caption: 'look', filename: 'lake.png' } },
    { method: 'sendFile', type: 'image', payload: { caption: 'look' } },
  ] as const;

  test.each(kinds)(
    '$method uploads it as $type, then sends the message',
    async ({ method, type, payload }) => {
      const { client, chatId, sends, side } = await start();
      const replyTo = randomUUID();
      const steps: number[] = [];
      const options: SendFileOptions = {
        caption: 'look',
        replyTo,
        clientMsgId: randomUUID().toUpperCase(),
        onProgress: ({ loaded }) => steps.push(loaded),
      };
      const message: Message = await client[method](chatId, png(), options);
      expect(side.received[0]?.parts[0]?.bytes.toString()).toBe(type);
      expect(steps.at(-1)).toBe(3);
      const { media } = message;
      expect(sends).toEqual([
        {
          chat_id: chatId,
          client_msg_id: options.clientMsgId?.toLowerCase(),
          type,
          payload: { ...payload, media_id: media?.media_id },
          reply_to_message_id: replyTo,
        },
      ]);
      expect(message).toMatchObject({ chat_id: chatId, type, media: { media_id: expect.any(String) } });
    },
  );

  test.each([
    { what: 'the option', option: 1234.4, found: 5000, duration_ms: 1234 },
    { what: 'what the server found', option: undefined, found: 5000, duration_ms: 5000 },
    { what: 'what the server found, where the option is 0', option: 0, found: 5000, duration_ms: 5000 },
    { what: '0', option: undefined, found: null, duration_ms: 0 },
  ])('a sound has as its duration $what', async ({ option, found, duration_ms }) => {
    for (const method of ['sendAudio', 'sendVoice'] as const) {
      const { client, chatId, sends, side } = await start();
      side.answer = () => mediaOf('audio', { duration_ms: found });
      await client[method](chatId, new Blob(['x'], { type: 'audio/ogg' }), { durationMs: option });
      expect(sends[0]).toMatchObject({ type: 'audio', payload: { duration_ms } });
    }
  });

  test('a document is called as its file, or as the server has shortened that', async () => {
    const { client, chatId, sends, side } = await start();
    const long = `${'🛶'.repeat(300)}.pdf`;
    side.answer = () => mediaOf('document', { filename: 'shortened.pdf' });
    await client.sendDocument(chatId, new File(['x'], 'résumé "1".pdf'));
    await client.sendDocument(chatId, new File(['x'], long));
    await client.sendDocument(chatId, new Blob(['x'], { type: 'application/pdf' }));
    await client.sendDocument(chatId, new Blob(['x']).stream(), { size: 1, filename: 'given.pdf' });
    const names = sends.map(({ payload }) => 'filename' in payload && payload.filename);
    expect(names).toEqual(['résumé "1".pdf', 'shortened.pdf', 'document.pdf', 'given.pdf']);
  });

  test('tries the message again with the same id, and uploads once', async () => {
    const { client, chatId, sends, server, side } = await start();
    const store = server.overrides['messages.send'];
    const tried: unknown[] = [];
    server.overrides['messages.send'] = (input, context) => {
      tried.push(input);
      if (tried.length < 3) throw new Refused('TOO_MANY_REQUESTS', 'slow down', 0);
      return store?.(input, context);
    };
    await client.sendImage(chatId, png());
    expect(tried).toEqual([sends[0], sends[0], sends[0]]);
    expect(side.times).toBe(1);
  });

  test('that failed goes on where it was, with the same id and file', async () => {
    const { client, chatId, sends, server, side } = await start();
    const store = server.overrides['messages.send'];
    server.overrides['messages.send'] = () => {
      throw new Refused('INTERNAL_ERROR');
    };
    const [file, clientMsgId] = [png(), randomUUID()];
    const error = await failure(client.sendImage(chatId, file, { clientMsgId, retry: 0 }));
    expect(error).toMatchObject({ code: 'INTERNAL_ERROR' });
    if (store) server.overrides['messages.send'] = store;
    await client.sendImage(chatId, file, { clientMsgId });
    expect(side.times).toBe(1);
    expect(sends).toHaveLength(1);
    // What was sent is not remembered.
    await client.sendImage(chatId, file, { clientMsgId });
    expect(side.times).toBe(2);
  });

  test('that failed begins anew with the same id and another file', async () => {
    const { client, chatId, server, side } = await start();
    server.overrides['messages.send'] = () => {
      throw new Refused('INTERNAL_ERROR');
    };
    const clientMsgId = randomUUID();
    for (const file of [png(), png()]) {
      await failure(client.sendImage(chatId, file, { clientMsgId, retry: 0 }));
    }
    expect(side.times).toBe(2);
  });

  test('that is refused for good is uploaded anew the next time', async () => {
    const { client, chatId, server, side } = await start();
    server.overrides['messages.send'] = () => {
      throw new Refused('NOT_FOUND');
    };
    const [file, clientMsgId] = [png(), randomUUID()];
    for (let round = 0; round < 2; round++) {
      const error = await failure(client.sendImage(chatId, file, { clientMsgId }));
      expect(error).toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(side.times).toBe(2);
  });

  test('does not upload what has too long a caption, nor what nobody knows', async () => {
    const { client, chatId, side } = await start();
    const caption = '🛶'.repeat(1025);
    expect(await failure(client.sendImage(chatId, png(), { caption }))).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: [{ path: 'payload.caption' }],
    });
    expect(await failure(client.sendFile(chatId, new Blob(['x'])))).toMatchObject({
      code: 'MEDIA_INVALID_TYPE',
    });
    expect(side.times).toBe(0);
    await client.sendImage(chatId, png(), { caption: '🛶'.repeat(1024) });
  });

  test('ends with the signal, between upload and message too', async () => {
    const { client, chatId, server } = await start();
    const controller = new AbortController();
    server.overrides['messages.send'] = () => {
      controller.abort();
      throw new Refused('TOO_MANY_REQUESTS', 'slow down', 3600);
    };
    const error = await failure(client.sendImage(chatId, png(), { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'ABORTED' });
  });
});

describe('photos', () => {
  test('of oneself and of a group are put where the contract says', async () => {
    const { client, chatId, side } = await start();
    const profile = { id: randomUUID(), avatar_url: '/objects/avatars/1' };
    side.answer = () => profile;
    expect(await client.setAvatar(png())).toEqual(profile);
    side.answer = () => ({ chat_id: chatId, avatar_url: '/objects/avatars/2' });
    expect(await client.setGroupAvatar(chatId, new Uint8Array(3))).toMatchObject({ chat_id: chatId });
    expect(side.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /api/v1/users/me/avatar',
      `PUT /api/v1/chats/${chatId}/avatar`,
    ]);
    for (const { parts } of side.received) expect(parts.map(({ name }) => name)).toEqual(['file']);
  });

  test('over 16 MB are not sent', async () => {
    const { client, side } = await start();
    const file = { size: 16 * 2 ** 20 + 1, stream: () => new Blob([]).stream() };
    expect(await failure(client.setAvatar(file))).toMatchObject({ code: 'MEDIA_TOO_LARGE' });
    expect(side.times).toBe(0);
  });

  test('are refused as the server says', async () => {
    const { client, chatId, side } = await start();
    side.before = (_, response) => {
      refuse(response, 'NOT_ADMIN');
      return true;
    };
    expect(await failure(client.setGroupAvatar(chatId, png()))).toMatchObject({ code: 'NOT_ADMIN' });
  });
});

describe('addresses', () => {
  test('that begin with a slash are on this server, behind its path; others stay', async () => {
    const { client, server } = await start();
    const media = mediaOf('image', { url: '/objects/1?signature=x' });
    expect(client.media.url(media)).toBe(`${server.url}/objects/1?signature=x`);
    expect(client.media.url('/objects/2')).toBe(`${server.url}/objects/2`);
    expect(client.resolve('https://photos.example.org/1.jpg')).toBe('https://photos.example.org/1.jpg');
    expect(client.resolve('')).toBe('');
    const behind = await signedIn(server, { url: `${server.url}/`, fetch: (url, init) => fetch(url, init) });
    expect(behind.resolve('/a')).toBe(`${server.url}/a`);
  });

  test('are fresh with every get, by id or by input', async () => {
    const { client, server } = await start();
    let count = 0;
    server.overrides['media.get'] = (input) =>
      mediaOf('image', { ...{ media_id: (input as { id: string }).id }, url: `/objects/${++count}` });
    const id = randomUUID();
    expect(await client.media.get(id)).toMatchObject({ media_id: id, url: '/objects/1' });
    expect(await client.media.get({ id })).toMatchObject({ media_id: id, url: '/objects/2' });
  });
});

describe('a download', () => {
  const body = Buffer.alloc(300_000, 7);

  /** Serves the file under `/objects/good`; what comes with a token or under another name is refused, as a storage server does. */
  function serve(server: FakeServer): string[] {
    const asked: string[] = [];
    const others = server.intercept;
    server.intercept = (request, response) => {
      if (!request.url?.startsWith('/objects/')) return others(request, response);
      asked.push(request.url);
      if (request.headers.authorization || request.url !== '/objects/good') {
        response
          .writeHead(403, { 'content-type': 'application/xml' })
          .end('<Error>Request has expired</Error>');
      } else response.writeHead(200, { 'content-type': 'text/x', 'content-length': body.length }).end(body);
      return true;
    };
    return asked;
  }

  test('is the file, as a Blob of its type, and tells how far it is', async () => {
    const { client, server } = await start();
    serve(server);
    const loaded: number[] = [];
    const media = mediaOf('image', { url: '/objects/good', size_bytes: body.length });
    const blob = await client.media.download(media, { onProgress: (step) => loaded.push(step.loaded) });
    expect(blob.type).toBe('image/png');
    expect(Buffer.from(await blob.arrayBuffer()).equals(body)).toBe(true);
    expect(loaded).toEqual([...new Set(loaded)].toSorted((a, b) => a - b));
    expect(loaded.at(-1)).toBe(body.length);
    expect((await client.media.download('/objects/good')).type).toBe('text/x');
  });

  test('can be a stream', async () => {
    const { client, server } = await start();
    serve(server);
    const stream = await client.media.stream('/objects/good');
    expect(
      Buffer.from(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()),
    ).toEqual(body);
  });

  test('of a file whose address is over asks for another one, once', async () => {
    const { client, server } = await start();
    const asked = serve(server);
    const stale = mediaOf('image', { url: '/objects/over' });
    server.overrides['media.get'] = () => ({ ...stale, url: '/objects/good' });
    expect((await client.media.download(stale)).size).toBe(body.length);
    expect(asked).toEqual(['/objects/over', '/objects/good']);
    server.overrides['media.get'] = () => stale;
    expect(await failure(client.media.download(stale))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(client.media.download('/objects/over'))).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('ends with the signal, and with the connection', async () => {
    const { client, server } = await start();
    for (const way of ['abort', 'lost'] as const) {
      const controller = new AbortController();
      server.intercept = (_, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('x');
        return true;
      };
      const begun = await client.media.stream('/objects/slow', { signal: controller.signal });
      const reader = begun.getReader();
      await reader.read();
      if (way === 'abort') controller.abort();
      else await server.stop();
      const error = await failure(reader.read());
      expect(error).toMatchObject({ code: way === 'abort' ? 'ABORTED' : 'NETWORK_ERROR' });
      if (way === 'lost') await server.listen();
    }
  });
});

describe('push tokens', () => {
  test('are registered and removed', async () => {
    const { client, server } = await start();
    const heard: unknown[] = [];
    server.overrides['users.setFcmToken'] = (input) => {
      heard.push(input);
      return { platform: 'web' };
    };
    server.overrides['users.deleteFcmToken'] = () => ({ removed: true });
    expect(await client.setPushToken({ token: 'abc', platform: 'web' })).toEqual({ platform: 'web' });
    expect(heard).toEqual([{ token: 'abc', platform: 'web' }]);
    expect(await client.removePushToken()).toEqual({ removed: true });
    expect(await client.users.me()).toMatchObject({ phone });
  });
});
