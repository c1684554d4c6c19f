/** Writes Prisma's client from prisma/schema.prisma, or tells where the written one is out of date. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const schema = join('prisma', 'schema.prisma');
const output = join('packages', 'db', 'src', 'generated');

/**
 * @param options.check only tell
 * @returns the files, from the repository's root, that are (or were, without `check`) out of date
 */
export async function generatePrisma({ check }: { check: boolean }): Promise<string[]> {
  const workspace = await mkdtemp(join(tmpdir(), 'parley-prisma-'));
  try {
    // At the same place in a copy of the tree: the output's path is relative to the schema's, and the schema's text goes
    // into the client as it is.
    await mkdir(join(workspace, dirname(schema)));
    await copyFile(join(root, schema), join(workspace, schema));
    await runPrisma(['generate', '--schema', schema, '--no-hints'], workspace);

    const wanted = await readTree(join(workspace, output));
    const present = await readTree(join(root, output));
    const stale: string[] = [];
    for (const name of [...new Set([...wanted.keys(), ...present.keys()])].sort()) {
      const content = wanted.get(name);
      if (content === present.get(name)) continue;
      stale.push(join(output, name).replaceAll(sep, '/'));
      if (!check) await put(join(root, output, name), content);
    }
    return stale;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function runPrisma(args: string[], cwd: string): Promise<void> {
  const cli = createRequire(import.meta.url).resolve('prisma/build/index.js');
  const settings = Object.entries(process.env).filter(([name]) => !name.startsWith('PRISMA_'));
  const env = {
    ...Object.fromEntries(settings),
    // Prisma downloads its engine for migrations even where it only generates, unless told of one that is there.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
    NO_COLOR: '1',
  };
  const child = spawn(process.execPath, [cli, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`prisma ${args[0]} failed:\n${stdout}${stderr}`);
}

/** The files under a directory by their path in it. */
async function readTree(directory: string): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = files.map(
    async (file) => [relative(directory, file), await readFile(file, 'utf8')] as const,
  );
  return new Map(await Promise.all(contents));
}

/** Writes a file, or removes it where there should be none. */
async function put(file: string, content: string | undefined): Promise<void> {
  if (content === undefined) return rm(file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}
