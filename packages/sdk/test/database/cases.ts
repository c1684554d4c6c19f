/** What every database must do, wherever it runs: in Node, and in a page. */
import type { Database, RecordChange, Records } from '../../src/database/types.ts';

export type Case = (database: Database) => Promise<void>;

function same(found: unknown, wanted: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`found ${one}, wanted ${other}`);
}

async function fails(work: () => Promise<unknown>): Promise<void> {
  const failed = await work().then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error('it did not reject');
}

function put(...keys: string[]): RecordChange[] {
  return keys.map((key) => ({ key, value: `value of ${key}` }));
}

async function keys(records: Records, ...args: Parameters<Records['list']>): Promise<string[]> {
  return (await records.list(...args)).map(([key]) => key);
}

async function opened(database: Database, ...changes: RecordChange[]): Promise<Records> {
  const records = await database.open('https://parley.example/|user');
  await records.write(changes);
  return records;
}

const whole = { n: 1.5, none: null, yes: true, list: [1, ['two'], {}], 'Ω 🙂\n"\\': '\u2028\ud83d\ude00' };

export const cases: Record<string, Case> = {
  async 'keeps plain values as they are'(database) {
    const records = await opened(database, { key: 'a', value: whole }, { key: '', value: 'the empty key' });
    same(await records.get('a'), whole);
    same(await records.get(''), 'the empty key');
    same(await records.get('b'), null);
  },

  async 'keeps a copy, and answers one'(database) {
    const value = { list: [1] };
    const records = await database.open('copies');
    const written = records.write([{ key: 'a', value }]);
    value.list.push(2);
    await written;
    const found = (await records.get('a')) as typeof value;
    found.list.push(3);
    same(await records.get('a'), { list: [1] });
  },

  async 'replaces and removes'(database) {
    const records = await opened(database, ...put('a', 'b'), { key: 'a', value: 2 });
    same(await records.list(''), [
      ['a', 2],
      ['b', 'value of b'],
    ]);
    await records.write([
      { key: 'a', value: undefined },
      { key: 'none', value: undefined },
    ]);
    same(await keys(records, ''), ['b']);
    await records.write([]);
  },

  async 'lists in the order of UTF-16, whatever the order of writing'(database) {
    const sorted = ['', '!', '0', 'Z', 'a', 'a/', 'a/b', 'ab', 'é', 'ｚ', '\ud83d\ude00', '\uffff'].sort();
    const records = await opened(database, ...put(...sorted.toReversed()));
    same(await keys(records, ''), sorted);
    same(await keys(records, '', { reverse: true }), sorted.toReversed());
  },

  async 'lists what begins with a prefix, and nothing else'(database) {
    const records = await opened(
      database,
      ...put('a', 'a/', 'a/1', 'a/\uffff', 'a/\uffff\uffff', 'a0', 'b/1', 'A/1'),
    );
    same(await keys(records, 'a/'), ['a/', 'a/1', 'a/\uffff', 'a/\uffff\uffff']);
    same(await keys(records, 'a/\uffff'), ['a/\uffff', 'a/\uffff\uffff']);
    same(await keys(records, 'c'), []);
  },

  async 'limits from the end that was asked for, and before a key'(database) {
    const records = await opened(database, ...put('m/1', 'm/2', 'm/3', 'm/4', 'n'));
    same(await keys(records, 'm/', { limit: 2 }), ['m/1', 'm/2']);
    same(await keys(records, 'm/', { limit: 2, reverse: true }), ['m/4', 'm/3']);
    same(await keys(records, 'm/', { before: 'm/3' }), ['m/1', 'm/2']);
    same(await keys(records, 'm/', { before: 'm/3', reverse: true, limit: 1 }), ['m/2']);
    same(await keys(records, 'm/', { before: 'm/1' }), []);
    same(await keys(records, 'm/', { before: 'a' }), []);
    same(await keys(records, 'm/', { before: 'z' }), ['m/1', 'm/2', 'm/3', 'm/4']);
    same(await keys(records, 'm/', { limit: 0 }), []);
  },

  async 'writes all or nothing'(database) {
    const records = await opened(database, ...put('a'));
    const uncopyable = { key: 'c', value: () => {} };
    await fails(() => records.write([...put('b'), uncopyable, { key: 'a', value: undefined }]));
    same(await keys(records, ''), ['a']);
    await records.write(put('d'));
    same(await keys(records, ''), ['a', 'd']);
  },

  async 'reads see every write that was begun before'(database) {
    const records = await opened(database);
    const writes = Array.from({ length: 20 }, (_, at) => records.write([{ key: 'n', value: at }]));
    same(await records.get('n'), 19);
    const cleared = records.clear();
    same(await records.list(''), []);
    await Promise.all([...writes, cleared]);
  },

  async 'keeps accounts apart, and clears one'(database) {
    const mine = await opened(database, ...put('a', 'b'));
    const other = await database.open('https://parley.example/|other');
    const third = await database.open('https://parley.example/|user2');
    same(await keys(other, ''), []);
    await other.write(put('x'));
    await third.write(put('y'));
    await mine.clear();
    same([await keys(mine, ''), await keys(other, ''), await keys(third, '')], [[], ['x'], ['y']]);
    await mine.write(put('c'));
    same(await keys(mine, ''), ['c']);
  },

  async 'keeps Blobs, several in one record'(database) {
    const bytes = new Uint8Array(300_000).map((_, at) => at % 251);
    const value = {
      first: new Blob([bytes], { type: 'image/png' }),
      list: [new Blob(['text']), new Blob([])],
    };
    const records = await opened(database, { key: 'f', value }, { key: 'file', value: new Blob(['alone']) });
    const found = (await records.get('f')) as typeof value;
    same(found.first.type, 'image/png');
    const again = new Uint8Array(await found.first.arrayBuffer());
    same(again.length, bytes.length);
    if (!again.every((byte, at) => byte === bytes[at])) throw new Error('other bytes');
    same(await Promise.all(found.list.map((blob) => blob.text())), ['text', '']);
    const [, [, alone] = []] = await records.list('f');
    same(await (alone as Blob).text(), 'alone');
    // Written again as it was read.
    await records.write([{ key: 'f', value: found }]);
    same(await ((await records.get('f')) as typeof value).list[0]?.text(), 'text');
    await records.write([{ key: 'f', value: undefined }]);
    same(await keys(records, ''), ['file']);
  },

  async 'shows users of one account what the others write'(database) {
    const one = await opened(database, ...put('a'));
    const other = await opened(database, ...put('b'));
    same(await keys(one, ''), ['a', 'b']);
    await one.close();
    same(await keys(other, ''), ['a', 'b']);
  },

  async 'rejects after close, and closes after all writes'(database) {
    const records = await opened(database);
    const written = records.write(put('last'));
    await records.close();
    await written;
    await records.close();
    await fails(() => records.get('last'));
    await fails(() => records.write(put('later')));
    const again = await opened(database);
    same(await keys(again, ''), ['last']);
  },

  async 'behaves as a map does'(database) {
    const records = await opened(database);
    const model = new Map<string, number>();
    let seed = 7;
    const next = (most: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % most;
    };
    for (let round = 0; round < 60; round++) {
      const changes = Array.from({ length: next(6) }, () => {
        const key = `${'xyz'[next(3)]}${next(12)}`;
        const value = next(4) === 0 ? undefined : next(1000);
        if (value === undefined) model.delete(key);
        else model.set(key, value);
        return { key, value };
      });
      await records.write(changes);
      const [prefix, reverse] = [`${'xyz'[next(3)]}${['', '1'][next(2)]}`, next(2) === 1];
      const before = next(2) === 1 ? `${'xyz'[next(3)]}${next(12)}` : undefined;
      const limit = next(2) === 1 ? next(5) : undefined;
      const wanted = [...model.keys()]
        .filter((key) => key.startsWith(prefix) && key < (before ?? '~'))
        .sort();
      if (reverse) wanted.reverse();
      same(await keys(records, prefix, { reverse, before, limit }), wanted.slice(0, limit));
    }
  },
};
