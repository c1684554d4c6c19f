/** The web client's files in apps/web/dist: built where something that goes into them has changed since, left alone otherwise. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { acquireInstallLock } from './install-lock.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const web = join(root, 'apps/web');
const dist = join(web, 'dist');
/** Names what the files were made of. */
const stampFile = join(dist, '.made-of');

/** All that goes into the files, relative to the root. */
const inputs = ['apps/web', 'packages/sdk/src', 'packages/contract/src', 'package-lock.json'];
const outside = new Set(['dist', 'node_modules', 'test', '.vite']);

/** Makes the files if need be; says whether it had to. `before` is called before a build, which takes seconds. */
export async function ensureWeb(before: () => void = () => {}): Promise<boolean> {
  if ((await stamp()) === (await fingerprint())) return false;
  const lock = await acquireInstallLock(
    join(root, 'node_modules/.cache/parley-web.lock'),
    'builds the web client',
  );
  try {
    // Another process may have done it meanwhile.
    const wanted = await fingerprint();
    if ((await stamp()) === wanted) return false;
    before();
    await build(wanted);
    return true;
  } finally {
    lock.release();
  }
}

async function stamp(): Promise<string | null> {
  return existsSync(stampFile) ? readFile(stampFile, 'utf8') : null;
}

async function build(madeOf: string): Promise<void> {
  const vite = await import('vite');
  // Beside its place, so that a server that runs meanwhile has all of the old files or all of the new.
  const fresh = join(web, '.dist-new');
  await rm(fresh, { recursive: true, force: true });
  await vite.build({
    root: web,
    logLevel: 'warn',
    mode: 'production',
    build: { outDir: fresh, emptyOutDir: true },
  });
  await compress(fresh);
  await writeFile(join(fresh, '.made-of'), madeOf);
  await rm(dist, { recursive: true, force: true });
  await rename(fresh, dist);
}

/** Texts, compressed once for all who ask. */
async function compress(folder: string): Promise<void> {
  for (const file of await files(folder)) {
    if (!/\.(js|css|html|svg|json|map|webmanifest)$/.test(file)) continue;
    const bytes = await readFile(file);
    if (bytes.length < 1024) continue;
    await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
    await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes));
  }
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const input of inputs) {
    const path = join(root, input);
    const found = input.endsWith('.json') ? [path] : await files(path);
    for (const file of found.toSorted()) {
      hash.update(file.slice(root.length)).update('\0');
      hash.update(await readFile(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

async function files(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) found.push(path);
    else if (entry.isDirectory() && !outside.has(entry.name) && !entry.name.startsWith('.dist')) {
      found.push(...(await files(path)));
    }
  }
  return found;
}
