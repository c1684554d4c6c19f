import 'fake-indexeddb/auto';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { indexedDbDatabase } from '../../src/database/indexed-db.ts';
import { memoryDatabase } from '../../src/database/memory.ts';
import type { Database } from '../../src/database/types.ts';
import { fileDatabase } from '../../src/node.ts';
import { noChromium, stage } from '../support/chromium.ts';
import { cases } from './cases.ts';

const names = Object.keys(cases);

async function files(): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-records-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const database = fileDatabase(join(folder, 'deeper'));
  return {
    async open(account) {
      const records = await database.open(account);
      onTestFinished(() => records.close());
      return records;
    },
  };
}

describe.each([
  ['memory', async () => memoryDatabase()],
  ['IndexedDB', async () => indexedDbDatabase({ name: crypto.randomUUID() })],
  ['a folder', files],
] as const)('in %s, a database', (_, make) => {
  test.each(names)('%s', async (name) => {
    await cases[name]?.(await make());
  });
});

test('the module for IndexedDB can be imported where there is none', () => {
  const module = new URL('../../src/database/indexed-db.ts', import.meta.url).href;
  const program = `const { indexedDbDatabase } = await import(${JSON.stringify(module)});
    await indexedDbDatabase().open('a').catch((error) => console.log(error.name));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(output).toBe('ReferenceError\n');
});

interface Page {
  runCase(name: string): Promise<void>;
  indexedDbDatabase: typeof indexedDbDatabase;
}

describe.skipIf(noChromium)('in the IndexedDB of Chromium, a database', () => {
  const here = stage(new URL('./page.ts', import.meta.url));

  test('does the same', async () => {
    const page = await here.browser.newPage();
    await page.goto(here.url);
    const failed = await page.evaluate(async (all) => {
      const errors: string[] = [];
      for (const name of all) {
        await (globalThis as unknown as Page)
          .runCase(name)
          .catch((error) => errors.push(`${name}: ${error}`));
      }
      return errors;
    }, names);
    expect(failed).toEqual([]);
    await page.close();
  });

  test('is there after a reload, and for another tab', async () => {
    const context = await here.browser.newContext();
    const page = await context.newPage();
    await page.goto(here.url);
    await page.evaluate(async () => {
      const records = await (globalThis as unknown as Page).indexedDbDatabase().open('me');
      await records.write([{ key: 'file', value: new Blob(['kept'], { type: 'text/plain' }) }]);
    });
    const other = await context.newPage();
    for (const reloaded of [page, other]) {
      await reloaded.goto(here.url);
      const text = await reloaded.evaluate(async () => {
        const records = await (globalThis as unknown as Page).indexedDbDatabase().open('me');
        return ((await records.get('file')) as Blob).text();
      });
      expect(text).toBe('kept');
    }
    await context.close();
  });

  test('rejects where the device is full, changes nothing then, and goes on', async () => {
    const context = await here.browser.newContext();
    const page = await context.newPage();
    await page.goto(here.url);
    const session = await context.newCDPSession(page);
    const origin = new URL(here.url).origin;
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 200_000 });
    const result = await page.evaluate(async () => {
      const records = await (globalThis as unknown as Page).indexedDbDatabase().open('me');
      await records.write([{ key: 'a', value: 1 }]);
      const large = { key: 'b', value: 'x'.repeat(3_000_000) };
      const error = await records.write([{ key: 'a', value: 2 }, large]).catch((cause) => cause.name);
      const kept = await records.get('a');
      await records.write([{ key: 'a', value: undefined }]);
      return { error, kept, left: await records.list('') };
    });
    expect(result).toEqual({ error: 'QuotaExceededError', kept: 1, left: [] });
    await context.close();
  });

  test('begins anew where somebody has deleted it meanwhile', async () => {
    const page = await here.browser.newPage();
    await page.goto(here.url);
    const left = await page.evaluate(async () => {
      const records = await (globalThis as unknown as Page).indexedDbDatabase({ name: 'gone' }).open('me');
      await records.write([{ key: 'a', value: 1 }]);
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase('gone');
        request.onsuccess = resolve;
        request.onerror = reject;
      });
      await records.write([{ key: 'b', value: 2 }]);
      return records.list('');
    });
    expect(left).toEqual([['b', 2]]);
    await page.close();
  });
});
