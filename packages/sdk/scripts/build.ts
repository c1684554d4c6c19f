/** `npm run build`: makes `dist/`, which is also the package as it is published (`npm publish ./dist`). */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundleForPackages, bundleForPages } from './bundle.ts';
import { declareTypes } from './declarations.ts';
import { licencesOf } from './licenses.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Makes the whole of `dist/` in the given folder. */
export async function buildAll(outDir: string): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const modules = [...(await bundleForPages(outDir)), ...(await bundleForPackages(outDir))];
  await declareTypes(outDir, ['index', 'node']);
  await writeFile(join(outDir, 'package.json'), await packageJson());
  await writeFile(join(outDir, 'THIRD_PARTY_LICENSES.txt'), await licencesOf(modules));
  await cp(join(root, 'README.md'), join(outDir, 'README.md'));
}

/** The published package.json: as here, but with what was built, and with what is needed at run time and for types. */
async function packageJson(): Promise<string> {
  const { name, version, description, license, type, engines, dependencies } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  );
  const contract = JSON.parse(await readFile(join(root, '../contract/package.json'), 'utf8'));
  const published = {
    name,
    version,
    description,
    license,
    type,
    sideEffects: false,
    engines,
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './node': { types: './node.d.ts', default: './node.js' },
      './browser': { types: './index.d.ts', default: './parley-sdk.js' },
      './package.json': './package.json',
    },
    dependencies: {
      'socket.io-client': dependencies['socket.io-client'],
      // For types alone: nothing of it is in the JavaScript.
      zod: contract.dependencies.zod,
    },
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

if (import.meta.main) {
  const outDir = join(root, 'dist');
  await buildAll(outDir);
  const size = gzipSync(await readFile(join(outDir, 'parley-sdk.js'))).length;
  console.log(`dist/parley-sdk.js: ${(size / 1024).toFixed(1)} KiB gzipped`);
}
