/** What every object engine must do, whichever it is. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { ObjectStore } from '@parley/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

export interface Fixture {
  store: ObjectStore;
  /** Whatever is on the engine that is no whole object: temporary files, unfinished uploads. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

const type = { contentType: 'image/png' };
const large = randomBytes(17 * 1024 * 1024 + 3);
let keys = 0;
export const newKey = () => `test/${++keys}/object.bin`;

export const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A stream of these bytes in pieces as a socket brings them. */
export function stream(bytes: Buffer, failAt = Number.POSITIVE_INFINITY): Readable {
  return Readable.from(
    (async function* () {
      for (let at = 0; at < bytes.length; at += 65_536) {
        if (at >= failAt) throw new Error('the sender went away');
        yield bytes.subarray(at, at + 65_536);
      }
    })(),
    { objectMode: false },
  );
}

export async function read(store: ObjectStore, key: string, range?: { start: number; end?: number }) {
  const found = await store.get(key, range);
  if (!found) return undefined;
  const { body, ...rest } = found;
  return { ...rest, bytes: Buffer.concat(await body.toArray()) };
}

/** `here` says whether the engine can be had on this machine. */
export function objectStoreContract(name: string, make: () => Promise<Fixture>, here = true): void {
  describe.runIf(here)(`${name}: the contract of object stores`, () => {
    let fixture: Fixture;
    let store: ObjectStore;
    beforeAll(async () => {
      fixture = await make();
      store = fixture.store;
    });
    afterAll(() => fixture?.close());

    test.each([
      ['no byte', Buffer.alloc(0)],
      ['one byte', Buffer.from('x')],
      ['exactly one part', large.subarray(0, 8 * 1024 * 1024)],
      ['17 MB', large],
    ])('what was put is read: %s', async (_, bytes) => {
      const key = newKey();
      expect(await store.put(key, stream(bytes), { contentType: 'audio/ogg; codecs=opus' })).toEqual({
        size: bytes.length,
      });
      const about = { size: bytes.length, contentType: 'audio/ogg; codecs=opus' };
      expect(await store.stat(key)).toEqual(about);
      const found = await read(store, key);
      expect(found).toMatchObject(about);
      expect(sha(found?.bytes ?? Buffer.from('nothing'))).toBe(sha(bytes));
      expect(await fixture.leftovers()).toEqual([]);
    });

    test('a key that is not there is undefined, and deleting it is no error', async () => {
      expect(await store.get('none/here')).toBeUndefined();
      expect(await store.get('none/here', { start: 3 })).toBeUndefined();
      expect(await store.stat('none/here')).toBeUndefined();
      await store.delete(['none/here', 'none/there']);
      await store.delete([]);
    });

    test('a folder of a key is no object', async () => {
      await store.put('folder/of/key', stream(large.subarray(0, 10)), type);
      expect(await store.stat('folder/of')).toBeUndefined();
      expect(await store.get('folder')).toBeUndefined();
      await store.delete(['folder']);
      expect((await read(store, 'folder/of/key'))?.bytes.length).toBe(10);
    });

    test.each([
      ['the first byte', { start: 0, end: 0 }, 0, 1],
      ['the middle', { start: 1_000, end: 1_999 }, 1_000, 2_000],
      ['from a byte to the end', { start: 9_000 }, 9_000, 10_000],
      ['the last byte', { start: 9_999, end: 9_999 }, 9_999, 10_000],
      ['an end beyond the last byte', { start: 9_990, end: 99_999 }, 9_990, 10_000],
      ['a start beyond the last byte', { start: 10_000, end: 10_010 }, 10_000, 10_000],
    ])('a range: %s', async (_, range, from, to) => {
      const key = newKey();
      await store.put(key, stream(large.subarray(0, 10_000)), type);
      const found = await read(store, key, range);
      expect(found).toMatchObject({ size: 10_000, contentType: 'image/png' });
      expect(found?.bytes.equals(large.subarray(from, to))).toBe(true);
    });

    test('a range of an empty object is empty', async () => {
      const key = newKey();
      await store.put(key, stream(Buffer.alloc(0)), type);
      expect(await read(store, key, { start: 0 })).toMatchObject({ size: 0, bytes: Buffer.alloc(0) });
      await expect(store.get(key, { start: 5, end: 4 })).rejects.toThrow(RangeError);
    });

    test('putting again replaces bytes and type', async () => {
      const key = newKey();
      await store.put(key, stream(large.subarray(0, 5_000)), type);
      await store.put(key, stream(Buffer.from('short')), { contentType: 'text/plain' });
      const found = await read(store, key);
      expect(found).toMatchObject({ size: 5, contentType: 'text/plain' });
      expect(found?.bytes.toString()).toBe('short');
    });

    test('deleting takes many keys at once', async () => {
      const gone = Array.from({ length: 12 }, newKey);
      const kept = newKey();
      await Promise.all([...gone, kept].map((key) => store.put(key, stream(Buffer.from(key)), type)));
      await store.delete([...gone, 'never/was']);
      for (const key of gone) expect(await store.stat(key)).toBeUndefined();
      expect((await read(store, kept))?.bytes.toString()).toBe(kept);
    });

    test.each([0, 3 * 1024 * 1024, 16 * 1024 * 1024])(
      'a stream that fails after %d bytes leaves nothing and says why',
      async (failAt) => {
        const key = newKey();
        await expect(store.put(key, stream(large, failAt), type)).rejects.toThrow('the sender went away');
        expect(await store.stat(key)).toBeUndefined();
        expect(await fixture.leftovers()).toEqual([]);
      },
    );

    test('a failing stream leaves what was there before', async () => {
      const key = newKey();
      await store.put(key, stream(Buffer.from('the old one')), type);
      await expect(store.put(key, stream(large, 9 * 1024 * 1024), type)).rejects.toThrow('went away');
      expect((await read(store, key))?.bytes.toString()).toBe('the old one');
    });

    test('a stream that is cut off, or had failed before, is refused', async () => {
      const cut = new Readable({ read() {} });
      cut.push(large.subarray(0, 1_000));
      const putting = store.put(newKey(), cut, type);
      await turn();
      cut.destroy();
      await expect(putting).rejects.toThrow(/premature/i);
      const failed = new Readable({ read() {} });
      failed.on('error', () => {}).destroy(new Error('broken before'));
      await turn();
      await expect(store.put(newKey(), failed, type)).rejects.toThrow('broken before');
      const early = new Readable({ read() {} });
      const refused = expect(store.put(newKey(), early, type)).rejects.toThrow('broken at once');
      early.destroy(new Error('broken at once'));
      await refused;
      expect(await fixture.leftovers()).toEqual([]);
    });

    test('puts of one key at the same time end as one of them, whole', async () => {
      const key = newKey();
      const contents = [0, 1, 2, 3].map((n) => large.subarray(n * 1024, 9 * 1024 * 1024 + n * 4096));
      const tries = contents.map((bytes, n) => store.put(key, stream(bytes), { contentType: `text/x-${n}` }));
      expect((await Promise.all(tries)).map(({ size }) => size)).toEqual(contents.map((b) => b.length));
      const found = await read(store, key);
      const winner = Number(found?.contentType.slice('text/x-'.length));
      expect(sha(found?.bytes as Buffer)).toBe(sha(contents[winner] as Buffer));
      expect(await fixture.leftovers()).toEqual([]);
    });

    test('puts and deletes in one folder do not disturb each other', async () => {
      await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          const key = `shared/folder/${n % 4}/${n}`;
          await store.put(key, stream(Buffer.from(key)), type);
          expect((await read(store, key))?.bytes.toString()).toBe(key);
          await store.delete([key]);
        }),
      );
    });

    test('a reader that stops early ends the read', async () => {
      const key = newKey();
      await store.put(key, stream(large), type);
      const found = await store.get(key);
      for await (const _ of found?.body ?? []) break;
      expect(found?.body.destroyed).toBe(true);
      expect((await read(store, key))?.bytes.length).toBe(large.length);
    });

    test.each([
      '',
      '/absolute',
      'up/../and/away',
      '..',
      './here',
      'a//b',
      'a/',
      'a\\b',
      'a b',
      'ü',
      'a\0b',
      'a\n',
      'x'.repeat(129),
      'x/'.repeat(300),
    ])('a key like %j is refused', async (key) => {
      const body = stream(Buffer.from('x'));
      await expect(store.put(key, body, type)).rejects.toThrow(RangeError);
      expect(body.destroyed).toBe(true);
      await expect(store.get(key)).rejects.toThrow(RangeError);
      await expect(store.stat(key)).rejects.toThrow(RangeError);
      await expect(store.delete(['fine', key])).rejects.toThrow(RangeError);
      await expect(store.url(key, { expiresInSeconds: 60 })).rejects.toThrow(RangeError);
    });

    test('a content type that would break a header, and a life out of bounds, are refused', async () => {
      const bad = { contentType: 'image/png\r\nx: y' };
      await expect(store.put(newKey(), stream(large), bad)).rejects.toThrow(RangeError);
      for (const expiresInSeconds of [0, 1.5, 604_801]) {
        await expect(store.url('a/b', { expiresInSeconds })).rejects.toThrow(RangeError);
      }
    });
  });
}
