import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { attachment, FileObjectStore, verifyObjectUrl } from '../src/index.ts';
import { objectStoreContract, read, stream } from './objects-contract.ts';

const signingSecret = 'a secret of forty characters, no less!!!';
const dirs: string[] = [];
afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))));

async function newStore(now = Date.now()) {
  const dir = await mkdtemp(join(tmpdir(), 'parley-objects-'));
  dirs.push(dir);
  const store = new FileObjectStore(dir, {
    signingSecret,
    baseUrl: 'https://chat.example.org',
    clock: { now: () => now },
  });
  await store.start();
  return { dir, store };
}

objectStoreContract('files', async () => {
  const { dir, store } = await newStore();
  return { store, leftovers: () => readdir(join(dir, 'incoming')), close: async () => {} };
});

describe('the file engine', () => {
  test('deleting leaves no empty folder behind, and none that is still used goes', async () => {
    const { dir, store } = await newStore();
    for (const key of ['a/b/c/1', 'a/b/2'])
      await store.put(key, stream(Buffer.from(key)), { contentType: 'a/b' });
    await store.delete(['a/b/c/1']);
    expect(await readdir(join(dir, 'objects/a/b'))).toEqual(['2']);
    await store.delete(['a/b/2']);
    expect(await readdir(join(dir, 'objects'))).toEqual([]);
  });

  test('a put is not disturbed by deletes that remove the folder it goes to', async () => {
    const { store } = await newStore();
    await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        for (let round = 0; round < 60; round++) {
          await store.put(`one/folder/${n}`, stream(Buffer.from('x')), { contentType: 'a/b' });
          await store.delete([`one/folder/${n}`]);
        }
      }),
    );
  });

  test('an object is no folder for another', async () => {
    const { dir, store } = await newStore();
    await store.put('a/b', stream(Buffer.from('x')), { contentType: 'a/b' });
    await expect(store.put('a/b/c', stream(Buffer.from('y')), { contentType: 'a/b' })).rejects.toThrow(
      /EEXIST|ENOTDIR/,
    );
    await expect(store.put('a', stream(Buffer.from('y')), { contentType: 'a/b' })).rejects.toThrow('EISDIR');
    expect((await read(store, 'a/b'))?.bytes.toString()).toBe('x');
    expect(await readdir(join(dir, 'incoming'))).toEqual([]);
  });

  test('what a crash left half-written goes at the next start, what may still be written stays', async () => {
    const { dir, store } = await newStore();
    for (const name of ['old', 'new']) await writeFile(join(dir, 'incoming', name), 'half');
    const longAgo = (Date.now() - 25 * 3_600_000) / 1000;
    await utimes(join(dir, 'incoming/old'), longAgo, longAgo);
    await store.start();
    expect(await readdir(join(dir, 'incoming'))).toEqual(['new']);
  });

  test('a file that somebody else put there is told apart, not served', async () => {
    const { dir, store } = await newStore();
    await writeFile(join(dir, 'objects/stranger'), 'hello');
    await expect(store.get('stranger')).rejects.toThrow('damaged');
    await writeFile(join(dir, 'objects/empty'), '');
    await expect(store.stat('empty')).rejects.toThrow('damaged');
  });

  test('an object is read to its end though it is replaced and deleted meanwhile', async () => {
    const { store } = await newStore();
    const old = Buffer.alloc(3_000_000, 'old');
    await store.put('a', stream(old), { contentType: 'a/b' });
    const found = await store.get('a');
    await store.put('a', stream(Buffer.from('new')), { contentType: 'a/c' });
    await store.delete(['a']);
    expect(Buffer.concat((await found?.body.toArray()) ?? []).equals(old)).toBe(true);
    expect(await read(store, 'a')).toBeUndefined();
  });

  test('memory stays flat while 200 MB are put', { timeout: 120_000 }, async () => {
    const { dir } = await newStore();
    const script = join(import.meta.dirname, 'objects-memory.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, 'file', dir]);
    const { size, grownMb } = JSON.parse(stdout);
    expect(size).toBe(200 * 1024 * 1024);
    expect(grownMb).toBeLessThan(60);
  });
});

describe('signed URLs of the file engine', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  const filename = 'Résumé “final” 你好 👋.pdf';

  async function signed(name?: string) {
    const { store } = await newStore(now);
    const url = new URL(
      await store.url('a/b.pdf', { expiresInSeconds: 60, ...(name ? { filename: name } : {}) }),
    );
    return { key: decodeURIComponent(url.pathname.replace('/objects/', '')), query: url.searchParams, url };
  }

  test.each([undefined, filename])('are good until they run out, file name %j', async (name) => {
    const { key, query, url } = await signed(name);
    expect(url.origin).toBe('https://chat.example.org');
    expect(key).toBe('a/b.pdf');
    expect(query.get('filename') ?? undefined).toBe(name);
    expect(verifyObjectUrl(signingSecret, key, query, now)).toBe('valid');
    expect(verifyObjectUrl(signingSecret, key, query, now + 59_999)).toBe('valid');
    expect(verifyObjectUrl(signingSecret, key, query, now + 60_000)).toBe('expired');
  });

  test('are refused where anything was changed', async () => {
    const { key, query } = await signed(filename);
    const changed = (change: (query: URLSearchParams) => void) => {
      const other = new URLSearchParams(query);
      change(other);
      return verifyObjectUrl(signingSecret, key, other, now);
    };
    expect(changed(() => {})).toBe('valid');
    const signature = query.get('signature') ?? '';
    const flipped = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1);
    expect(changed((q) => q.set('signature', flipped))).toBe('forged');
    expect(changed((q) => q.set('signature', signature.slice(0, -2)))).toBe('forged');
    expect(changed((q) => q.set('signature', ''))).toBe('forged');
    expect(changed((q) => q.delete('signature'))).toBe('forged');
    expect(changed((q) => q.set('expires', String(Number(q.get('expires')) + 1)))).toBe('forged');
    expect(changed((q) => q.set('expires', `0${q.get('expires')}`))).toBe('forged');
    expect(changed((q) => q.set('expires', 'Infinity'))).toBe('forged');
    expect(changed((q) => q.delete('expires'))).toBe('forged');
    expect(changed((q) => q.set('filename', 'virus.exe'))).toBe('forged');
    expect(changed((q) => q.append('filename', 'virus.exe'))).toBe('forged');
    expect(changed((q) => q.delete('filename'))).toBe('forged');
    expect(verifyObjectUrl(signingSecret, 'a/c.pdf', query, now)).toBe('forged');
    expect(verifyObjectUrl(`${signingSecret}!`, key, query, now)).toBe('forged');
    expect(verifyObjectUrl(signingSecret, key, new URLSearchParams(), now)).toBe('forged');
  });

  test('a URL without a file name cannot be given one', async () => {
    const { key, query } = await signed();
    query.set('filename', '');
    expect(verifyObjectUrl(signingSecret, key, query, now)).toBe('forged');
  });
});

describe('the header of a download', () => {
  test.each([
    ['report.pdf', `attachment; filename="report.pdf"; filename*=UTF-8''report.pdf`],
    ['Résumé.pdf', `attachment; filename="Resume.pdf"; filename*=UTF-8''R%C3%A9sum%C3%A9.pdf`],
    ['你好.txt', `attachment; filename="__.txt"; filename*=UTF-8''%E4%BD%A0%E5%A5%BD.txt`],
    [`it's (1)*.txt`, `attachment; filename="it's (1)*.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`],
    ['../../etc/passwd', `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`],
    [
      'a"; x="b\r\nSet-Cookie: c',
      `attachment; filename="a_; x=_bSet-Cookie: c"; filename*=UTF-8''a%22%3B%20x%3D%22bSet-Cookie%3A%20c`,
    ],
    ['photo\u202egpj.exe', `attachment; filename="photogpj.exe"; filename*=UTF-8''photogpj.exe`],
    [
      'half a pair \ud83d',
      `attachment; filename="half a pair _"; filename*=UTF-8''half%20a%20pair%20%EF%BF%BD`,
    ],
    ['\n ', `attachment; filename="file"; filename*=UTF-8''file`],
  ])('%j', (name, header) => {
    expect(attachment(name)).toBe(header);
  });
});
