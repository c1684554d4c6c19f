/** What can be imported from the package. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The entries of package.json that are sources, by the names of their files: `{ index: 'src/index.ts', ... }`. */
export async function entriesOf(root: string): Promise<Record<string, string>> {
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { default: string }>;
  };
  const sources = Object.values(exports).flatMap(({ default: source }) =>
    source.startsWith('./src/') ? [source.slice(2)] : [],
  );
  return Object.fromEntries(sources.map((source) => [basename(source, '.ts'), source]));
}
