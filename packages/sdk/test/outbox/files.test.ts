import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { memoryDatabase } from '../../src/database/memory.ts';
import { ParleyError } from '../../src/errors.ts';
import type { OutboxFile } from '../../src/outbox/types.ts';
import { failure } from '../support/client.ts';
import { ChatServer, chat, left, started, text } from './world.ts';

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

afterEach(async () => {
  await new Promise((done) => setImmediate(done));
  expect(unhandled.splice(0)).toEqual([]);
});

function picture(body = 'a picture', name = 'lake.png'): File {
  return new File([body], name, { type: 'image/png' });
}

/** Makes uploads wait; answers what lets the oldest of them go on. */
function holding(server: ChatServer) {
  const held: ((error?: ParleyError) => void)[] = [];
  server.onUpload = () =>
    new Promise((resolve, reject) => held.push((error) => (error ? reject(error) : resolve())));
  return { held, next: (error?: ParleyError) => held.shift()?.(error) };
}

describe('a file', () => {
  test('shows at once with its Blob, is uploaded, then sent with what was said', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = await started(server, database);
    const replyTo = randomUUID();
    const sending = tab.outbox.sendFile(chat, picture(), { caption: 'Look', replyTo });
    const [item] = tab.outbox.items(chat);
    expect(item).toMatchObject({ type: 'image', payload: { caption: 'Look' }, reply_to_message_id: replyTo });
    expect(item?.file).toMatchObject({
      name: 'lake.png',
      mime_type: 'image/png',
      size_bytes: 9,
      media: null,
    });
    expect(await item?.file?.blob?.text()).toBe('a picture');
    const sent = await sending;
    expect(sent.client_msg_id).toBe(item?.client_msg_id);
    const media_id = server.uploads[0]?.media?.media_id;
    expect(server.stored).toMatchObject([
      { type: 'image', payload: { media_id, caption: 'Look' }, reply_to_message_id: replyTo },
    ]);
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
  });

  test.each([
    ['song.mp3', { durationMs: 1500.4 }, 'audio', { duration_ms: 1500 }],
    ['song.mp3', {}, 'audio', { duration_ms: 0 }],
    ['paper.pdf', { caption: 'Read' }, 'document', { caption: 'Read', filename: 'paper.pdf' }],
    ['clip.mp4', {}, 'video', {}],
    ['notes.txt', { filename: 'other.txt', type: 'document' }, 'document', { filename: 'other.txt' }],
  ] as const)('%s with %o goes as %s', async (name, options, type, payload) => {
    const server = new ChatServer();
    const tab = await started(server);
    await tab.outbox.sendFile(chat, new File(['x'], name), options);
    const media_id = server.uploads[0]?.media?.media_id;
    expect(server.stored).toMatchObject([{ type }]);
    expect(server.stored[0]?.payload).toEqual({ ...payload, media_id });
  });

  test.each([
    ['of no known kind', new File(['x'], 'x.exe'), {}, 'MEDIA_INVALID_TYPE'],
    ['that is none', {} as Blob, {}, 'BAD_REQUEST'],
    ['with too much said', picture(), { caption: 'x'.repeat(1025) }, 'VALIDATION_ERROR'],
  ] as const)('%s is refused, and shows nowhere', async (_, file, options, code) => {
    const tab = await started(new ChatServer());
    expect(await failure(tab.outbox.sendFile(chat, file, options))).toMatchObject({ code });
    expect(tab.outbox.items(chat)).toEqual([]);
  });

  test('of bytes or a stream is kept as it was when it was given', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const bytes = new TextEncoder().encode('bytes');
    const stream = new Blob(['stream']).stream();
    const options = { type: 'document', filename: 'a.txt' } as const;
    const sending = [
      tab.outbox.sendFile(chat, bytes, options),
      tab.outbox.sendFile(chat, stream, { ...options, size: 6 }),
    ];
    bytes.fill(0);
    await Promise.all(sending);
    const texts = server.uploads.map(({ file }) => (file as Blob).text());
    expect((await Promise.all(texts)).toSorted()).toEqual(['bytes', 'stream']);
  });

  test('whose stream is not as long as was said fails, and nothing of it is sent', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const options = { type: 'document', filename: 'a.txt', size: 7 } as const;
    const error = await failure(tab.outbox.sendFile(chat, new Blob(['stream']).stream(), options));
    expect(error).toMatchObject({ code: 'BAD_REQUEST' });
    expect(server.uploads).toEqual([]);
  });

  test('tells of its progress, ten times a second at most, never backwards', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const told: (number | undefined)[] = [];
    tab.outbox.onChange(() => told.push(tab.outbox.items(chat)[0]?.file?.progress?.loaded));
    const began = performance.now();
    server.onUpload = async ({ onProgress }, times) => {
      for (let loaded = 0; loaded < 300; loaded++) {
        onProgress?.({ loaded: times === 1 ? loaded : loaded / 2, total: 300 });
        if (loaded % 10 === 0) await new Promise((done) => setTimeout(done, 5));
      }
      if (times === 1) throw new ParleyError('NETWORK_ERROR');
    };
    await tab.outbox.sendFile(chat, picture());
    const steps = told.filter((loaded) => loaded !== undefined);
    expect(steps).toEqual(steps.toSorted((one, other) => one - other));
    const distinct = new Set(steps).size;
    expect(distinct).toBeGreaterThan(2);
    expect(distinct).toBeLessThan((performance.now() - began) / 100 + 3);
  });
});

describe('the order of files', () => {
  test('is that of the calls: what is behind one waits for it, in its own chat alone', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const { held, next } = holding(server);
    const other = randomUUID();
    const sending = [tab.outbox.sendFile(chat, picture()), tab.outbox.send(text('behind'))];
    await tab.outbox.send(text('elsewhere', other));
    await vi.waitFor(() => expect(held).toHaveLength(1));
    expect(server.bodies).toEqual(['elsewhere']);
    next();
    await Promise.all(sending);
    expect(server.bodies).toEqual(['elsewhere', 'file', 'behind']);
  });

  test('has two uploads at a time, and a failed one lets those behind it go', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const { held, next } = holding(server);
    const files = Array.from({ length: 6 }, (_, at) =>
      tab.outbox.sendFile(at % 2 ? chat : randomUUID(), picture(String(at))),
    );
    const failed = failure(files[1] as Promise<unknown>);
    for (let at = 0; at < 6; at++) {
      await vi.waitFor(() => expect(held.length).toBeGreaterThan(at < 5 ? 1 : 0));
      next(at === 1 ? new ParleyError('MEDIA_INVALID_TYPE') : undefined);
    }
    await Promise.all(files.filter((_, at) => at !== 1));
    expect(await failed).toMatchObject({ code: 'MEDIA_INVALID_TYPE' });
    expect(server.mostUploading).toBe(2);
  });
});

describe('an upload', () => {
  test('that was finished before a restart is not repeated', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const before = await started(server, database);
    server.fate = () => 'answer lost';
    void before.outbox.sendFile(chat, picture());
    await vi.waitFor(() => expect(server.stored).toHaveLength(1));
    before.kill();
    server.fate = () => 'lost';
    const after = await started(server, database);
    const [item] = after.outbox.items(chat);
    const { media, blob } = (item?.file ?? {}) as OutboxFile;
    expect(media).toEqual(server.uploads[0]?.media);
    expect(item?.payload).toMatchObject({ media_id: media?.media_id });
    expect(await blob?.text()).toBe('a picture');
    server.fate = () => 'stored';
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
    expect(server.uploads).toHaveLength(1);
    expect(server.stored).toHaveLength(1);
  });

  test('that was not finished is begun again, with the file from the database', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const before = await started(server, database);
    const { held } = holding(server);
    void before.outbox.sendFile(chat, picture());
    void before.outbox.send(text('behind'));
    await vi.waitFor(() => expect(held).toHaveLength(1));
    before.kill();
    server.onUpload = async () => {};
    await started(server, database);
    await vi.waitFor(() => expect(server.bodies).toEqual(['file', 'behind']));
    expect(await (server.uploads[1]?.file as Blob | undefined)?.text()).toBe('a picture');
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
  });

  test('of a file that could not be kept fails after a restart, and can be given again', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const before = await started(server, database);
    // There is room for the message alone.
    before.tap = (changes) => (changes.some(({ value }) => value instanceof Blob) ? 'fail' : 'write');
    const { held } = holding(server);
    const clientMsgId = randomUUID();
    void before.outbox.sendFile(chat, picture(), { clientMsgId });
    await vi.waitFor(() => expect(held).toHaveLength(1));
    before.kill();
    server.onUpload = async () => {};
    const after = await started(server, database);
    await vi.waitFor(() => expect(after.outbox.items(chat)[0]?.status).toBe('failed'));
    const [item] = after.outbox.items(chat);
    expect(item?.error).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('again') });
    expect(item?.file?.blob).toBeUndefined();
    expect(await failure(after.outbox.retry(clientMsgId))).toMatchObject({ code: 'BAD_REQUEST' });
    await after.outbox.sendFile(chat, picture(), { clientMsgId });
    expect(server.stored).toMatchObject([{ client_msg_id: clientMsgId, type: 'image' }]);
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
  });

  test('of a large file goes without being kept', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = await started(server, database);
    const { held, next } = holding(server);
    const stream = () => new Blob([]).stream();
    const sending = tab.outbox.sendFile(chat, { size: 65 * 2 ** 20, name: 'big.pdf', stream });
    await vi.waitFor(() => expect(held).toHaveLength(1));
    expect(await left(database)).toHaveLength(1);
    expect(tab.outbox.items(chat)[0]?.file).toMatchObject({ blob: undefined, size_bytes: 65 * 2 ** 20 });
    next();
    await sending;
  });

  test('waits out a lost network, a limit and a server in trouble', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const errors = ['NETWORK_ERROR', 'SERVICE_UNAVAILABLE', 'TIMEOUT'] as const;
    const limited = new ParleyError('TOO_MANY_REQUESTS', undefined, { retryAfter: 0.05 });
    server.onUpload = async (_, times) => {
      const error = [...errors.map((code) => new ParleyError(code)), limited][times - 1];
      if (error) throw error;
    };
    await tab.outbox.sendFile(chat, picture());
    expect(server.uploads).toHaveLength(5);
    expect(server.stored).toHaveLength(1);
  });

  test('is ended when it is dropped, and by its signal', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = await started(server, database);
    const { held } = holding(server);
    const controller = new AbortController();
    const { signal } = controller;
    const clientMsgId = randomUUID();
    const dropped = failure(tab.outbox.sendFile(chat, picture(), { clientMsgId }));
    const aborted = failure(tab.outbox.sendFile(randomUUID(), picture(), { signal }));
    await vi.waitFor(() => expect(held).toHaveLength(2));
    await tab.outbox.drop(clientMsgId);
    controller.abort('enough');
    expect(await dropped).toMatchObject({ code: 'ABORTED' });
    expect(await aborted).toMatchObject({ code: 'ABORTED', cause: 'enough' });
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
    expect(server.uploading).toBe(0);
    await tab.outbox.send(text('next'));
  });

  test('that the server has deleted, since nothing carried it for a day, is made again', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now);
    server.fate = () => {
      clock.mockReturnValue(now + 24 * 3600 * 1000);
      return server.uploads.length < 2 ? new ParleyError('NOT_FOUND') : 'stored';
    };
    const sending = tab.outbox.sendFile(chat, picture());
    await sending;
    expect(server.uploads).toHaveLength(2);
    // What it replies to may be gone as well: then once is enough.
    server.fate = () => new ParleyError('NOT_FOUND');
    expect(await failure(tab.outbox.sendFile(chat, picture()))).toMatchObject({ code: 'NOT_FOUND' });
    expect(server.uploads).toHaveLength(3);
    clock.mockRestore();
  });
});
