/**
 * Makes the types of `dist/`: the SDK's, and those of the contract that they need. The contract is private, so its types come
 * along, as files below `dist/types/`; zod, which they are made of, becomes a dependency for types alone.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));

/** Where the contract's entries are declared, below the folder of all declarations. */
const contractEntries: Record<string, string> = {
  '@parley/contract': 'contract/src/index.d.ts',
  '@parley/contract/errors': 'contract/src/errors.d.ts',
  '@parley/contract/limits': 'contract/src/limits.d.ts',
};

/** Writes `<name>.d.ts` for each entry, and what they need. */
export async function declareTypes(outDir: string, entries: readonly string[]): Promise<void> {
  const emitted = await mkdtemp(join(tmpdir(), 'parley-sdk-types-'));
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', emitted], {
      cwd: root,
    });
    const seen = new Set<string>();
    for (const entry of entries) {
      await copy(emitted, `sdk/src/${entry}.d.ts`, outDir, seen);
      await writeFile(join(outDir, `${entry}.d.ts`), `export * from './types/sdk/src/${entry}.js';\n`);
    }
  } finally {
    await rm(emitted, { recursive: true });
  }
}

/** Copies a declaration and all that it imports, and turns the names of what it imports into those of the copies. */
async function copy(from: string, file: string, outDir: string, seen: Set<string>): Promise<void> {
  if (seen.has(file)) return;
  seen.add(file);
  const imported: string[] = [];
  const text = (await readFile(join(from, file), 'utf8')).replaceAll(
    /(from |import\()(["'])([^"']+)\2/g,
    (whole, keyword: string, quote: string, name: string) => {
      const target = declarationOf(name, file);
      if (!target) return whole;
      imported.push(target);
      const path = relative(dirname(file), target)
        .replaceAll('\\', '/')
        .replace(/\.d\.ts$/, '.js');
      return `${keyword}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
    },
  );
  const target = join(outDir, 'types', file);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
  for (const next of imported) await copy(from, next, outDir, seen);
}

/** The declaration that an import means; undefined where it is another package's. */
function declarationOf(name: string, importer: string): string | undefined {
  if (name.startsWith('.')) return join(dirname(importer), name).replace(/\.(ts|js)$/, '.d.ts');
  const entry = contractEntries[name];
  if (entry === undefined && name.startsWith('@parley/'))
    throw new Error(`${name} has no place in the types`);
  return entry;
}
