// What a first visit costs, and that the page asks nobody but its own server for anything.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const kilobyte = 1000;

let folder: string;
let html: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-web-'));
  await build({ root, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
  html = await readFile(join(folder, 'index.html'), 'utf8');
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Addresses of files that an element names, as the page has them. */
function addresses(pattern: RegExp): string[] {
  return [...html.matchAll(pattern)].map(([, address = '']) => address);
}

/** The scripts that the page loads before it shows anything: those it names, and what they import. */
async function firstScripts(): Promise<Set<string>> {
  const found = new Set<string>();
  const add = async (file: string) => {
    if (found.has(file)) return;
    found.add(file);
    const code = await readFile(join(folder, 'assets', file), 'utf8');
    for (const [, other = ''] of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g))
      await add(other);
  };
  for (const address of addresses(/(?:src|href)="\.\/assets\/([^"]+\.js)"/g)) await add(address);
  return found;
}

test('the first visit loads at most 180 KB of script, gzipped', async () => {
  const scripts = await firstScripts();
  expect(scripts.size).toBeGreaterThan(0);
  const sizes = await Promise.all(
    [...scripts].map(async (file) => gzipSync(await readFile(join(folder, 'assets', file))).length),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // React alone is more than half of that: a smaller sum would mean that something was not counted.
  expect(total).toBeGreaterThan(60 * kilobyte);
  expect(total).toBeLessThanOrEqual(180 * kilobyte);
});

test('nothing in the page is inline', () => {
  expect(html).not.toMatch(/<style/i);
  expect(html).not.toMatch(/\sstyle=/i);
  expect(html).not.toMatch(/\son\w+=/i);
  for (const [, attributes = '', content = ''] of html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/gi)) {
    expect(attributes).toContain('src=');
    expect(content.trim()).toBe('');
  }
});

test('the page and its styles name no other host', async () => {
  expect(html).not.toMatch(/(?:https?:)?\/\/[a-z]/i);
  const styles = (await readdir(join(folder, 'assets'))).filter((file) => file.endsWith('.css'));
  expect(styles.length).toBeGreaterThan(0);
  for (const file of styles) {
    const css = await readFile(join(folder, 'assets', file), 'utf8');
    expect(css, file).not.toMatch(/@import|url\(\s*["']?(?:https?:)?\/\//i);
  }
});

test('every script and style has its content’s hash in its name', async () => {
  const files = await readdir(join(folder, 'assets'));
  expect(files.filter((file) => !/-[\w-]{8}\.\w+$/.test(file))).toEqual([]);
});
