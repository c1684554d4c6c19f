/** `npm run build`: makes `dist/`, which is also the package as it is published (`npm publish ./dist`). */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundleForPackages, bundleForPages, pageFiles } from './bundle.ts';
import { declareTypes } from './declarations.ts';
import { entriesOf } from './entries.ts';
import { licencesOf } from './licenses.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Makes the whole of `dist/` in the given folder. */
export async function buildAll(outDir: string): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const source = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const entries = await entriesOf(root);
  const chunks = [...(await bundleForPages(outDir)), ...(await bundleForPackages(outDir, entries))];
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
  await declareTypes(outDir, Object.keys(entries));
  await writeFile(join(outDir, 'package.json'), await packageJson(source));
  await writeFile(join(outDir, 'THIRD_PARTY_LICENSES.txt'), await licencesOf(modules));
  await cp(join(root, 'README.md'), join(outDir, 'README.md'));
  await cp(join(root, '../../LICENSE'), join(outDir, 'LICENSE'));
}

interface PackageJson {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** The published package.json: as here, but with what was built, and with what is needed at run time and for types. */
async function packageJson(source: PackageJson): Promise<string> {
  const { name, version, description, keywords, license, type, sideEffects, engines, dependencies } = source;
  const { peerDependencies, peerDependenciesMeta } = source;
  const contract = JSON.parse(await readFile(join(root, '../contract/package.json'), 'utf8'));
  const built = (path: string) => path.replace(/^\.\/(src|dist)\//, './');
  const exports = Object.entries(source.exports).map(([entry, { types, default: file }]) => {
    const declared = built(types).replace(/\.ts$/, '.d.ts');
    return [entry, { types: declared, default: built(file).replace(/\.ts$/, '.js') }];
  });
  const needed = Object.entries(dependencies).filter(([needs]) => !needs.startsWith('@parley/'));
  const published = {
    ...{ name, version, description, keywords, license, type, sideEffects, engines },
    exports: { ...Object.fromEntries(exports), './package.json': './package.json' },
    // zod is for types alone: nothing of it is in the JavaScript.
    dependencies: Object.fromEntries([...needed, ['zod', contract.dependencies.zod]]),
    ...{ peerDependencies, peerDependenciesMeta },
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

if (import.meta.main) {
  const outDir = join(root, 'dist');
  await buildAll(outDir);
  for (const name of pageFiles) {
    const size = gzipSync(await readFile(join(outDir, `${name}.js`))).length;
    console.log(`dist/${name}.js: ${(size / 1024).toFixed(1)} KiB gzipped`);
  }
}
