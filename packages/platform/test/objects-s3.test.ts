import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as elapsed } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isUnavailable } from '@parley/core';
import { EngineNotAvailable, type RunningStore, startS3 } from '@parley/stack';
import { Client } from 'minio';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { S3ObjectStore, type S3ObjectStoreOptions } from '../src/index.ts';
import { newKey, objectStoreContract, read, sha, stream } from './objects-contract.ts';

const opened: S3ObjectStore[] = [];
const found = await startS3({ own: true }).catch((error: unknown) => {
  if (error instanceof EngineNotAvailable) return error;
  throw error;
});
const here = !(found instanceof EngineNotAvailable);
const engine = here ? found.engine : found.message;
const server = found as RunningStore;
afterAll(async () => {
  for (const store of opened) store.close();
  if (here) await server[Symbol.asyncDispose]();
});

const account = () => ({
  endpoint: server.env.MINIO_ENDPOINT as string,
  accessKey: server.env.MINIO_ACCESS_KEY as string,
  secretKey: server.env.MINIO_SECRET_KEY as string,
});

function options(changes: Partial<S3ObjectStoreOptions> = {}): S3ObjectStoreOptions {
  return {
    ...account(),
    bucket: 'whatsapp-media',
    useSsl: false,
    region: 'us-east-1',
    timeoutMs: 15_000,
    ...changes,
  };
}

function open(changes: Partial<S3ObjectStoreOptions> = {}): S3ObjectStore {
  const store = new S3ObjectStore(options(changes));
  opened.push(store);
  return store;
}

function minio(): Client {
  const { endpoint, ...keys } = account();
  const [endPoint = '', port] = endpoint.split(':');
  return new Client({ ...keys, endPoint, port: Number(port), useSSL: false, region: 'us-east-1' });
}

async function unfinished(bucket = 'whatsapp-media'): Promise<string[]> {
  const { uploads } = await minio().listIncompleteUploadsQuery(bucket, '', '', '', '');
  return uploads.map(({ key }) => key);
}

objectStoreContract(
  `S3, ${engine}`,
  async () => {
    const store = open();
    await store.start();
    return { store, leftovers: unfinished, close: async () => {} };
  },
  here,
);

const type = { contentType: 'application/pdf' };
const nineMegabytes = Buffer.alloc(9 * 1024 * 1024, 'parley');

describe.runIf(here)('the S3 engine', () => {
  test('lets pages of other origins read by signed URLs, and leaves rules alone that are there', async () => {
    const store = open({ bucket: 'read-by-pages' });
    await store.start();
    await store.put('a', stream(Buffer.from('seen by a page')), type);
    const url = await store.url('a', { expiresInSeconds: 60 });
    const allowed = async () => {
      const answer = await fetch(url, { headers: { origin: 'https://chat.example.org' } });
      expect(answer.status).toBe(200);
      return answer.headers.get('access-control-allow-origin');
    };
    expect(await allowed()).toBe('*');
    const rule = '<AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>';
    const body = `<CORSConfiguration><CORSRule>${rule}</CORSRule></CORSConfiguration>`;
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
    const asked = { method: 'PUT', bucketName: 'read-by-pages', query: 'cors', headers };
    await minio().makeRequestAsyncOmit(asked, body, [200, 204]);
    await open({ bucket: 'read-by-pages' }).start();
    expect(await allowed()).toBeNull();
  });

  test('makes its bucket once, whoever comes first, and leaves one that is there alone', async () => {
    const stores = Array.from({ length: 4 }, () => open({ bucket: 'made-together' }));
    await Promise.all(stores.map((store) => store.start()));
    await stores[0]?.put('a', stream(Buffer.from('kept')), type);
    await open({ bucket: 'made-together' }).start();
    expect((await read(stores[1] as S3ObjectStore, 'a'))?.bytes.toString()).toBe('kept');
  });

  test('works without having been started', async () => {
    const store = open({ bucket: 'never-started' });
    expect(await store.stat('a')).toBeUndefined();
    expect(await store.put('a', stream(Buffer.from('x')), type)).toEqual({ size: 1 });
  });

  test('deletes more keys than one request takes', { timeout: 60_000 }, async () => {
    const store = open();
    const keys = Array.from({ length: 1_002 }, (_, n) => `many/${n}`);
    const ends = [keys[0], keys[999], keys[1_001]] as string[];
    for (const key of ends) await store.put(key, stream(Buffer.from('x')), type);
    await store.delete(keys);
    for (const key of ends) expect(await store.stat(key)).toBeUndefined();
  });

  test('a wrong secret is told as what it is, not as an outage', async () => {
    const store = open({ secretKey: 'not the secret at all' });
    const error = await store.put('a', stream(Buffer.from('x')), type).catch((caught) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(isUnavailable(error)).toBe(false);
  });

  test('uploads that a crash left are removed at a start a day later, not before', async () => {
    const bucket = 'crashed';
    await open({ bucket }).start();
    const { endpoint, ...keys } = account();
    const [endPoint = '', port] = endpoint.split(':');
    const client = new Client({ ...keys, endPoint, port: Number(port), useSSL: false, region: 'us-east-1' });
    await client.initiateNewMultipartUpload(bucket, 'left/behind', {});
    await open({ bucket }).start();
    expect(await unfinished(bucket)).toEqual(['left/behind']);
    await open({ bucket, clock: { now: () => Date.now() + 25 * 3_600_000 } }).start();
    expect(await unfinished(bucket)).toEqual([]);
  });

  test('memory stays flat while 200 MB are put', { timeout: 120_000 }, async () => {
    const script = join(import.meta.dirname, 'objects-memory.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, 's3', JSON.stringify(options())]);
    const { size, grownMb } = JSON.parse(stdout);
    expect(size).toBe(200 * 1024 * 1024);
    expect(grownMb).toBeLessThan(60);
  });
});

describe.runIf(here)('signed URLs of the S3 engine', () => {
  test('give the object to anyone, as a download of that name', async () => {
    const store = open();
    const key = newKey();
    await store.put(key, stream(nineMegabytes), type);
    const filename = 'Résumé “final” 你好 👋 (1).pdf';
    const answer = await fetch(await store.url(key, { expiresInSeconds: 60, filename }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/pdf');
    const header = answer.headers.get('content-disposition') ?? '';
    expect(decodeURIComponent(header.split(`filename*=UTF-8''`)[1] ?? '')).toBe(filename);
    expect(sha(Buffer.from(await answer.arrayBuffer()))).toBe(sha(nineMegabytes));
    const plain = await fetch(await store.url(key, { expiresInSeconds: 60 }), {
      headers: { range: 'bytes=0-5' },
    });
    expect(plain.headers.get('content-disposition')).toBeNull();
    expect(await plain.text()).toBe('parley');
  });

  test('are refused where anything was changed', async () => {
    const store = open();
    for (const key of ['secret/a', 'secret/b']) await store.put(key, stream(Buffer.from(key)), type);
    const good = await store.url('secret/a', { expiresInSeconds: 60, filename: 'a.pdf' });
    const status = async (change: (url: URL) => void) => {
      const url = new URL(good);
      change(url);
      const answer = await fetch(url);
      await answer.body?.cancel();
      return answer.status;
    };
    expect(await status(() => {})).toBe(200);
    expect(await status((url) => url.searchParams.set('X-Amz-Expires', '600'))).toBe(403);
    expect(await status((url) => url.searchParams.set('X-Amz-Signature', '0'.repeat(64)))).toBe(403);
    expect(
      await status((url) => url.searchParams.set('response-content-disposition', 'attachment; filename=b')),
    ).toBe(403);
    expect(
      await status((url) => {
        url.pathname = url.pathname.replace('secret/a', 'secret/b');
      }),
    ).toBe(403);
    expect(
      await status((url) => {
        url.search = '';
      }),
    ).toBe(403);
  });

  test('run out', async () => {
    const store = open();
    await store.put('short/lived', stream(Buffer.from('x')), type);
    const url = await store.url('short/lived', { expiresInSeconds: 1 });
    await vi.waitFor(
      async () => {
        const answer = await fetch(url);
        expect(answer.status).toBe(403);
        expect(await answer.text()).toMatch(/expired/i);
      },
      { timeout: 15_000, interval: 100 },
    );
  });

  test('are made for the address that clients use', async () => {
    // As a proxy in front does: it passes on what it gets, with the name under which it was reached.
    const proxy = createServer((incoming, outgoing) => {
      const { method, headers, url } = incoming;
      const [host, port] = account().endpoint.split(':');
      httpRequest({ host, port, method, headers, path: url }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(outgoing);
      }).end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const publicUrl = `http://localhost:${(proxy.address() as AddressInfo).port}`;
    try {
      const store = open({ publicUrl });
      await store.put('through/proxy', stream(Buffer.from('hello')), type);
      const url = await store.url('through/proxy', { expiresInSeconds: 60 });
      expect(new URL(url).origin).toBe(publicUrl);
      expect(await (await fetch(url)).text()).toBe('hello');
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
    expect(() => open({ publicUrl: 'https://example.org/s3/' })).toThrow('no path');
  });
});

describe.runIf(here)('an S3 that is away', () => {
  const timeoutMs = 700;

  /** Rejects as unavailable, and soon: the margin is for a busy machine. */
  async function refusedSoon(work: Promise<unknown>): Promise<void> {
    const started = performance.now();
    const error = await work.then(
      () => 'it answered',
      (caught: unknown) => caught,
    );
    expect(isUnavailable(error), String(error)).toBe(true);
    expect(performance.now() - started).toBeLessThan(timeoutMs + 3_000);
  }

  test('every call is refused in time while it is frozen, and works once it is back', {
    timeout: 60_000,
  }, async () => {
    const store = open({ timeoutMs });
    const key = newKey();
    await store.put(key, stream(Buffer.from('before')), type);
    const fresh = open({ timeoutMs });
    server.pause();
    try {
      await refusedSoon(store.put(newKey(), stream(Buffer.from('x')), type));
      await refusedSoon(store.put(newKey(), stream(nineMegabytes), type));
      await refusedSoon(store.get(key));
      await refusedSoon(store.stat(key));
      await refusedSoon(store.delete([newKey()]));
      await refusedSoon(store.ping());
      await refusedSoon(fresh.start());
    } finally {
      server.resume();
    }
    expect((await read(store, key))?.bytes.toString()).toBe('before');
    await fresh.put(key, stream(Buffer.from('after')), type);
    await store.ping();
    expect((await read(store, key))?.bytes.toString()).toBe('after');
  });

  test('an upload that it froze in is removed when it is back', { timeout: 60_000 }, async () => {
    const bucket = 'frozen';
    const store = open({ bucket, timeoutMs });
    await store.start();
    const body = Readable.from(
      (async function* () {
        yield nineMegabytes;
        await vi.waitFor(async () => expect(await unfinished(bucket)).toEqual(['half']), { timeout: 15_000 });
        server.pause();
        yield nineMegabytes;
      })(),
      { objectMode: false },
    );
    try {
      await refusedSoon(store.put('half', body, type));
      expect(body.destroyed).toBe(true);
    } finally {
      server.resume();
    }
    expect(await unfinished(bucket)).toEqual(['half']);
    await store.put('next', stream(Buffer.from('x')), type);
    await vi.waitFor(async () => expect(await unfinished(bucket)).toEqual([]), { timeout: 15_000 });
    expect(await store.stat('half')).toBeUndefined();
  });

  test('a read that it freezes in fails in time', { timeout: 60_000 }, async () => {
    const store = open({ timeoutMs });
    const key = newKey();
    await store.put(key, stream(Buffer.concat(Array(6).fill(nineMegabytes))), type);
    const { body } = (await store.get(key)) ?? { body: Readable.from([]) };
    server.pause();
    try {
      await refusedSoon(body.toArray());
    } finally {
      server.resume();
    }
  });

  test('a slow reader is not cut off', { timeout: 60_000 }, async () => {
    const store = open({ timeoutMs: 300 });
    const key = newKey();
    await store.put(key, stream(nineMegabytes), type);
    const found = await store.get(key);
    let size = 0;
    for await (const chunk of found?.body ?? []) {
      // Time is what is tested here: longer than the store waits, while nobody asks for bytes.
      if (size === 0) await elapsed(1_000);
      size += chunk.length;
    }
    expect(size).toBe(nineMegabytes.length);
  });

  test('stopped and started again, it needs no restart of ours', { timeout: 60_000 }, async () => {
    const store = open({ timeoutMs: 5_000 });
    const key = newKey();
    await store.put(key, stream(nineMegabytes), type);
    await server.stop();
    try {
      await expect(store.stat(key)).rejects.toSatisfy(isUnavailable);
      await expect(store.put(newKey(), stream(nineMegabytes), type)).rejects.toSatisfy(isUnavailable);
      await expect(open().start()).rejects.toSatisfy(isUnavailable);
    } finally {
      await server.start();
    }
    expect((await read(store, key))?.bytes.length).toBe(nineMegabytes.length);
    await store.put(key, stream(Buffer.from('again')), type);
    expect((await read(store, key))?.bytes.toString()).toBe('again');
  });

  test('an address that does not exist is an outage too', async () => {
    await refusedSoon(open({ endpoint: 'nowhere.invalid:9000', timeoutMs }).ping());
  });
});
