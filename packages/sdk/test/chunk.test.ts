// Parts that are loaded on first use, where the browser answers for ever with a failure that it has met once.
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Chunk, chunk } from '../src/lib/chunk.ts';
import { noChromium, stage } from './support/chromium.ts';

describe('a part', () => {
  test('is loaded once, and made once', async () => {
    const asked: string[] = [];
    const part = chunk(
      async () => asked.push('import'),
      () => ({}),
    );
    expect(part.now).toBeNull();
    const [one, other] = await Promise.all([part.load(), part.load()]);
    expect([other, part.now, await part.load(), await part.loaded]).toEqual([one, one, one, one]);
    expect(other).toBe(one);
    expect(asked).toEqual(['import']);
  });

  test('is asked for again after a failure, and waiting for it ends with the signal', async () => {
    let answer: Promise<string> = Promise.reject(new TypeError('no network'));
    const closing = new AbortController();
    const part = chunk(
      () => answer,
      (text) => text,
      closing.signal,
    );
    await expect(part.load()).rejects.toMatchObject({ code: 'NETWORK_ERROR', retriable: true });
    answer = new Promise(() => {});
    const impatient = part.load(AbortSignal.abort());
    await expect(impatient).rejects.toMatchObject({ code: 'ABORTED' });
    const left = part.load();
    closing.abort();
    await expect(left).rejects.toMatchObject({ code: 'ABORTED' });
    expect(part.now).toBeNull();
  });
});

interface Window {
  chunk: <M, T>(imported: () => Promise<M>, make: (module: M) => T) => Chunk<T>;
}

describe.skipIf(noChromium)('in a browser that remembers failures', () => {
  const made = stage(new URL('./support/chunk-page.ts', import.meta.url));

  test('a part comes from another address of the same file, as soon as it can be had', async () => {
    const page = await made.browser.newPage();
    onTestFinished(() => page.close());
    const asked: string[] = [];
    await page.route('**/part.js*', (route) => {
      const { search } = new URL(route.request().url());
      asked.push(search);
      const body = 'export const value = 7;';
      return asked.length < 2 ? route.abort() : route.fulfill({ contentType: 'text/javascript', body });
    });
    await page.goto(made.url);
    const outcomes = await page.evaluate(async () => {
      const { chunk: partOf } = globalThis as unknown as Window;
      // What such browsers say, without asking anybody.
      const cause = new TypeError(
        `Failed to fetch dynamically imported module: ${location.origin}/part.js?v=1`,
      );
      const part = partOf(
        () => Promise.reject<{ value: number }>(cause),
        ({ value }) => value,
      );
      const outcome = () => part.load().catch(({ code }: { code: string }) => code);
      return [await outcome(), await outcome(), await outcome(), await outcome()];
    });
    expect(outcomes).toEqual(['NETWORK_ERROR', 'NETWORK_ERROR', 7, 7]);
    expect(asked).toEqual(['?v=1&again=1', '?v=1&again=2']);
  });
});
