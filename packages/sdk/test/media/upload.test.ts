// Uploads from Node: what arrives, byte for byte, and what happens where something goes wrong on the way.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ParleyClient, ParleyError, type Progress, type UploadFile } from '../../src/index.ts';
import { fileFrom } from '../../src/node.ts';
import type { Timing } from '../../src/timing.ts';
import { failure, signedIn, startServer } from '../support/client.ts';
import type { FakeServer } from '../support/server.ts';
import { refuse, takeUploads, type UploadSide } from '../support/uploads.ts';

interface Setting {
  server: FakeServer;
  side: UploadSide;
  client: ParleyClient;
}

async function start(timing: Partial<Timing> = {}): Promise<Setting> {
  const server = await startServer();
  const side = takeUploads(server);
  return { server, side, client: await signedIn(server, {}, timing) };
}

/** A stream of so many pieces of so many bytes each; `read` counts those that were asked for. */
function streamOf(pieces: number, bytes: number) {
  const state = { read: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.read++ < pieces) controller.enqueue(new Uint8Array(bytes).fill(state.read));
        else controller.close();
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, stream };
}

async function temporary(name: string, bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-upload-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

describe('an upload', () => {
  // With what looks like the end of a part, and of a line.
  const bytes = Buffer.concat([Buffer.from('\r\n--parley-\r\n\r\n'), randomBytes(300_000)]);
  const sources: Record<string, () => UploadFile | Promise<UploadFile>> = {
    'a File': () => new File([bytes], 'lake.png', { type: 'image/png' }),
    'a Blob': () => new Blob([bytes], { type: 'image/png' }),
    'a Uint8Array': () => new Uint8Array(bytes),
    'part of a buffer': () => new Uint8Array([1, ...bytes, 2]).subarray(1, -1),
    'an ArrayBuffer': () => new Uint8Array(bytes).buffer,
    'a stream': () => new Blob([bytes]).stream(),
    'a path': async () => fileFrom(await temporary('lake.png', bytes)),
    'a file: address': async () => fileFrom(pathToFileURL(await temporary('lake.png', bytes))),
    'an open file': async () => {
      const handle = await open(await temporary('lake.png', bytes));
      onTestFinished(() => handle.close());
      await handle.read(Buffer.alloc(10));
      return fileFrom(handle);
    },
  };

  test.each(Object.keys(sources))('of %s arrives byte for byte, its type first', async (name) => {
    const { client, side } = await start();
    const file = await sources[name]?.();
    const media = await client.media.upload(file as UploadFile, { type: 'image', size: bytes.length });
    expect(media).toMatchObject({ type: 'image', size_bytes: bytes.length });
    const [received] = side.received;
    expect(received).toMatchObject({ method: 'POST', path: '/api/v1/media/upload' });
    expect(received?.parts.map((part) => part.name)).toEqual(['type', 'file']);
    expect(received?.parts[0]?.bytes.toString()).toBe('image');
    expect(received?.parts[1]?.bytes.equals(bytes)).toBe(true);
    expect(Number(received?.headers['content-length'])).toBeGreaterThan(bytes.length);
  });

  test.each(['résumé.pdf', 'a "quoted" name.pdf', 'two\r\nlines\n.pdf', '東京 🛶.pdf', '100%22.pdf'])(
    'keeps the name %j',
    async (name) => {
      const { client, side } = await start();
      await client.media.upload(new File(['x'], name, { type: 'application/pdf' }));
      // A per cent sign is not escaped, so that what follows one may look as if it was: so do all browsers.
      const expected = name.replace('%22', '"');
      expect(side.received[0]?.parts[1]).toMatchObject({ filename: expected, mime: 'application/pdf' });
    },
  );

  test('takes a name of the options, and makes one up where there is none', async () => {
    const { client, side } = await start();
    await client.media.upload(new File(['x'], 'a.txt'), { filename: 'b.pdf' });
    await client.media.upload(new Blob(['x'], { type: 'image/png' }));
    await client.media.upload(new Uint8Array(1), { type: 'audio' });
    const names = side.received.map(({ parts }) => parts[1]?.filename);
    expect(names).toEqual(['b.pdf', 'image.png', 'audio']);
  });

  test('of nothing is an upload too', async () => {
    const { client, side } = await start();
    const steps: Progress[] = [];
    await client.media.upload(new Blob([]), { type: 'document', onProgress: (step) => steps.push(step) });
    expect(side.received[0]?.parts[1]?.bytes).toHaveLength(0);
    expect(steps).toEqual([{ loaded: 0, total: 0 }]);
  });

  test("does not let a file's type write headers", async () => {
    const { client, side } = await start();
    const file = {
      size: 1,
      name: 'a.pdf',
      type: 'text/x\r\nX-Evil: 1',
      stream: () => new Blob(['x']).stream(),
    };
    await client.media.upload(file);
    expect(side.received[0]?.parts[1]).toMatchObject({ mime: 'application/octet-stream' });
  });
});

describe('progress', () => {
  test('goes up and ends at the total', async () => {
    const { client } = await start();
    const steps: Progress[] = [];
    const file = new Blob([new Uint8Array(2_000_000)]);
    await client.media.upload(file, { type: 'document', onProgress: (step) => steps.push(step) });
    const loaded = steps.map((step) => step.loaded);
    expect(loaded.length).toBeGreaterThan(5);
    expect(loaded).toEqual([...new Set(loaded)].toSorted((a, b) => a - b));
    expect(steps[0]).toEqual({ loaded: 0, total: 2_000_000 });
    expect(steps.at(-1)).toEqual({ loaded: 2_000_000, total: 2_000_000 });
  });

  test('does not go back where an upload begins again', async () => {
    const { client, side } = await start();
    side.before = async (request, _, times) => {
      if (times > 1) return false;
      await once(request, 'data');
      request.socket.destroy();
      return true;
    };
    const loaded: number[] = [];
    const file = new Blob([new Uint8Array(2_000_000)]);
    await client.media.upload(file, { type: 'document', onProgress: (step) => loaded.push(step.loaded) });
    expect(side.times).toBe(2);
    expect(loaded).toEqual([...new Set(loaded)].toSorted((a, b) => a - b));
    expect(loaded.at(-1)).toBe(2_000_000);
  });

  test('of a reader that stands still stands still too: nothing is read ahead', async () => {
    const { client, side } = await start();
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    side.before = async (request) => {
      request.pause();
      asked.resolve();
      await go.promise;
      return false;
    };
    const { state, stream } = streamOf(1000, 64 * 1024);
    const sent = client.media.upload(stream, { type: 'document', size: 1000 * 64 * 1024 });
    await asked.promise;
    // As much as the sockets of both sides hold, and then no more.
    let before = -1;
    while (state.read !== before) {
      before = state.read;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(state.read).toBeLessThan(500);
    go.resolve();
    await sent;
    expect(state.read).toBe(1001);
  });
});

describe('aborting', () => {
  test('midway ends the request at once', async () => {
    const { client, side } = await start();
    const controller = new AbortController();
    const reason = new Error('the person changed their mind');
    const closed = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    side.before = async (request) => {
      request.on('close', () => closed.resolve());
      controller.abort(reason);
      // What does not read does not see that the other side is gone.
      await ended.promise;
      return false;
    };
    const { state, stream } = streamOf(1000, 64 * 1024);
    const options = { type: 'document' as const, size: 1000 * 64 * 1024, signal: controller.signal };
    const error = await failure(client.media.upload(stream, options));
    expect(error).toMatchObject({ code: 'ABORTED', cause: reason });
    ended.resolve();
    await closed.promise;
    expect(state).toMatchObject({ cancelled: true });
    await vi.waitFor(() => expect(side).toMatchObject({ times: 1, received: [], broken: 1 }));
  });

  test('beforehand sends nothing', async () => {
    const { client, side } = await start();
    const signal = AbortSignal.abort();
    const error = await failure(client.media.upload(new Blob(['x']), { type: 'document', signal }));
    expect(error).toMatchObject({ code: 'ABORTED' });
    expect(side.times).toBe(0);
  });

  test('ends the wait before the next try, and so does close', async () => {
    for (const way of ['abort', 'close'] as const) {
      const { client, side } = await start();
      const controller = new AbortController();
      const refused = Promise.withResolvers<void>();
      side.before = (_, response) => {
        refuse(response, 'TOO_MANY_REQUESTS', 3600);
        response.on('finish', () => refused.resolve());
        return true;
      };
      const options = { type: 'document' as const, signal: controller.signal };
      const ended = failure(client.media.upload(new Blob(['x']), options));
      await refused.promise;
      if (way === 'abort') controller.abort();
      else await client.close();
      expect(await ended).toMatchObject({ code: 'ABORTED' });
    }
  });
});

describe('what is refused before anything is sent', () => {
  test.each([
    { type: 'image', name: 'a.png', mb: 16 },
    { type: 'video', name: 'a.mp4', mb: 64 },
    { type: 'audio', name: 'a.mp3', mb: 16 },
    { type: 'document', name: 'a.pdf', mb: 100 },
  ] as const)('is a file of type $type over $mb MB', async ({ type, name, mb }) => {
    const { client, side } = await start();
    const file = { size: mb * 2 ** 20 + 1, name, stream: () => streamOf(0, 0).stream };
    expect(await failure(client.media.upload(file))).toMatchObject({ code: 'MEDIA_TOO_LARGE' });
    expect(await failure(client.media.upload(file, { type }))).toMatchObject({ code: 'MEDIA_TOO_LARGE' });
    expect(side.times).toBe(0);
  });

  test('is a file of which nobody knows what it is', async () => {
    const { client, side } = await start();
    for (const file of [
      new Blob(['x']),
      new File(['x'], 'a.exe'),
      new File(['x'], 'x', { type: 'text/html' }),
    ]) {
      expect(await failure(client.media.upload(file))).toMatchObject({ code: 'MEDIA_INVALID_TYPE' });
    }
    const video = new File(['x'], 'a.mp4');
    expect(await failure(client.setAvatar(video))).toMatchObject({ code: 'MEDIA_INVALID_TYPE' });
    expect(side.times).toBe(0);
  });

  test('is a stream without its size, and what is no file at all', async () => {
    const { client, side } = await start();
    const { stream } = streamOf(1, 1);
    for (const file of [stream, 'lake.png', null, {}]) {
      const error = await failure(client.media.upload(file as UploadFile, { type: 'image' }));
      expect(error).toMatchObject({ code: 'BAD_REQUEST' });
    }
    expect(side.times).toBe(0);
  });
});

describe('a file that cannot be read', () => {
  test.each([
    { what: 'is shorter than it says', pieces: 2, code: 'BAD_REQUEST' },
    { what: 'is longer than it says', pieces: 4, code: 'BAD_REQUEST' },
  ])('because it $what is no reason to try again', async ({ pieces, code }) => {
    const { client, side } = await start();
    const file = { size: 300, name: 'a.pdf', stream: () => streamOf(pieces, 100).stream };
    const error = await failure(client.media.upload(file));
    expect(error).toMatchObject({ code, message: expect.stringContaining('300 bytes') });
    expect(side.received).toEqual([]);
    expect(side.times).toBeLessThan(2);
  });

  test('because it broke says why', async () => {
    const { client } = await start();
    const cause = new Error('the disk is gone');
    const stream = () => new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(cause) });
    const error = await failure(client.media.upload({ size: 300, name: 'a.pdf', stream }));
    expect(error).toMatchObject({ code: 'BAD_REQUEST', cause });
  });

  test('because it is not there, or no file, is told at once', async () => {
    const path = await temporary('a.pdf', new Uint8Array(1));
    await expect(fileFrom(`${path}.not`)).rejects.toThrow('ENOENT');
    await expect(fileFrom(join(path, '..'))).rejects.toThrow(TypeError);
  });
});

describe('a file by its path', () => {
  test.skipIf(!existsSync('/proc/self/fd'))(
    'is closed after each reading, also one that ends early',
    async () => {
      const path = await temporary('a.pdf', new Uint8Array(500_000));
      const file = await fileFrom(path);
      const reader = file.stream().getReader();
      await reader.read();
      expect(await timesOpen(path)).toBe(1);
      await reader.cancel();
      expect(await timesOpen(path)).toBe(0);
      let whole = 0;
      for await (const piece of file.stream()) whole += piece.length;
      expect(whole).toBe(500_000);
      expect(await timesOpen(path)).toBe(0);
    },
  );
});

/** How often this process has a file open. */
async function timesOpen(path: string): Promise<number> {
  const descriptors = await readdir('/proc/self/fd');
  const paths = descriptors.map((each) => readlink(join('/proc/self/fd', each)).catch(() => ''));
  return (await Promise.all(paths)).filter((each) => each === path).length;
}

describe('errors', () => {
  test.each(['MEDIA_INVALID_TYPE', 'MEDIA_TOO_LARGE', 'PAYLOAD_TOO_LARGE', 'VALIDATION_ERROR'] as const)(
    '%s of the server is told as it is, at once',
    async (code) => {
      const { client, side } = await start();
      side.before = (_, response) => {
        refuse(response, code);
        return true;
      };
      const error = await failure(client.media.upload(new Blob(['x']), { type: 'document' }));
      expect(error).toBeInstanceOf(ParleyError);
      expect(error).toMatchObject({ code, requestId: 'req-12345678' });
      expect(side.times).toBe(1);
    },
  );

  test('TOO_MANY_REQUESTS says when to try again', async () => {
    const { client, side } = await start();
    side.before = (_, response) => {
      refuse(response, 'TOO_MANY_REQUESTS', 17);
      return true;
    };
    const error = await failure(client.media.upload(new Blob(['x']), { type: 'document', retry: 0 }));
    expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfter: 17 });
  });

  test('a refusal before all was sent is told, though the server closes', async () => {
    const { client, side } = await start();
    side.before = (request, response) => {
      refuse(response, 'MEDIA_TOO_LARGE');
      response.on('finish', () => request.socket.destroy());
      return true;
    };
    const file = new Blob([new Uint8Array(20_000_000)]);
    for (let round = 0; round < 5; round++) {
      const error = await failure(client.media.upload(file, { type: 'document' }));
      expect(error).toMatchObject({ code: 'MEDIA_TOO_LARGE' });
    }
  });

  test('a refusal that is lost with its connection is read at the next try, which waits for it', async () => {
    const { client, side } = await start({ earlyAnswerMs: 10_000 });
    const loaded: number[] = [];
    side.before = async (request, response, times) => {
      if (times === 1) {
        await once(request, 'data');
        request.socket.resetAndDestroy();
      } else {
        // Late enough that all would be sent, if nothing held it back.
        setTimeout(() => refuse(response, 'MEDIA_TOO_LARGE'), 300);
        request.resume();
      }
      return true;
    };
    const onProgress = (step: Progress) => loaded.push(step.loaded);
    const file = new Blob([new Uint8Array(20_000_000)]);
    const error = await failure(client.media.upload(file, { type: 'document', onProgress }));
    expect(error).toMatchObject({ code: 'MEDIA_TOO_LARGE' });
    expect(side.times).toBe(2);
    expect(loaded.at(-1)).toBeLessThan(15_000_000);
  });

  test('an upload that stands still is TIMEOUT', async () => {
    const { client, side } = await start({ transferIdleMs: 50 });
    side.before = () => true;
    const error = await failure(client.media.upload(new Blob(['x']), { type: 'document', retry: 1 }));
    expect(error).toMatchObject({ code: 'TIMEOUT', retriable: true });
    expect(side.times).toBe(2);
  });
});

describe('trying again', () => {
  test('helps through 503, a lost connection and a rate limit', async () => {
    const { client, side } = await start();
    side.before = async (request, response, times) => {
      if (times === 1) refuse(response, 'SERVICE_UNAVAILABLE');
      else if (times === 2) request.socket.resetAndDestroy();
      else if (times === 3) refuse(response, 'TOO_MANY_REQUESTS', 0);
      return times < 4;
    };
    const bytes = randomBytes(500_000);
    await client.media.upload(await fileFrom(await temporary('a.pdf', bytes)));
    expect(side.times).toBe(4);
    expect(side.received[0]?.parts[1]?.bytes.equals(bytes)).toBe(true);
  });

  test.each([
    { retry: undefined, times: 4 },
    { retry: 1, times: 2 },
    { retry: 0, times: 1 },
  ])('happens $retry times ($times requests in all)', async ({ retry, times }) => {
    const { client, side } = await start();
    side.before = (_, response) => {
      refuse(response, 'SERVICE_UNAVAILABLE');
      return true;
    };
    const error = await failure(client.media.upload(new Blob(['x']), { type: 'document', retry }));
    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(side.times).toBe(times);
  });

  test('waits as long as the server says', async () => {
    const { client, side } = await start();
    const at: number[] = [];
    side.before = (_, response, times) => {
      at.push(Date.now());
      if (times === 1) refuse(response, 'TOO_MANY_REQUESTS', 1);
      return times === 1;
    };
    await client.media.upload(new Blob(['x']), { type: 'document' });
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(995);
  });

  test('does not happen for a limit without a time, nor for a fault of the server', async () => {
    for (const code of ['TOO_MANY_REQUESTS', 'INTERNAL_ERROR'] as const) {
      const { client, side } = await start();
      side.before = (_, response) => {
        refuse(response, code);
        return true;
      };
      expect(await failure(client.media.upload(new Blob(['x']), { type: 'document' }))).toMatchObject({
        code,
      });
      expect(side.times).toBe(1);
    }
  });

  test('does not happen to a stream, which can be read once', async () => {
    const { client, side } = await start();
    side.before = (_, response) => {
      refuse(response, 'SERVICE_UNAVAILABLE');
      return true;
    };
    const { stream } = streamOf(3, 100);
    const error = await failure(client.media.upload(stream, { type: 'document', size: 300 }));
    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(side.times).toBe(1);
  });
});

describe('a token that has ended', () => {
  test('is renewed, and the file sent once more', async () => {
    const { client, server, side } = await start();
    server.accounts.expireAll();
    const media = await client.media.upload(new Blob(['x']), { type: 'document', retry: 0 });
    expect(media.size_bytes).toBe(1);
    expect(side.times).toBe(2);
    expect(server.accounts.refreshes).toBe(1);
  });

  test('ends the upload of a stream with a clear error, and the next one has a new token', async () => {
    const { client, server, side } = await start();
    server.accounts.expireAll();
    const upload = () => client.media.upload(streamOf(3, 100).stream, { type: 'document', size: 300 });
    const error = await failure(upload());
    expect(error).toMatchObject({ code: 'TOKEN_EXPIRED', message: expect.stringContaining('second time') });
    expect(side.times).toBe(1);
    expect(await upload()).toMatchObject({ size_bytes: 300 });
    expect(server.accounts.refreshes).toBe(1);
  });
});
