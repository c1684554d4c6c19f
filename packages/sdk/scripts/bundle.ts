/** Makes the JavaScript of `dist/`. */
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type Rolldown } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The oldest things it must run on: Node 20, and browsers of 2022. */
const target = ['es2022', 'node20', 'chrome105', 'firefox105', 'safari16'];

/**
 * Files for pages without a bundler: the client, the same without Socket.IO's, and a database for either. What a page does not need at
 * once stands beside them, in files that begin with the same name.
 */
export const pageFiles = ['parley-sdk', 'parley-sdk.websocket', 'parley-sdk.indexed-db'] as const;

/** Whether a file is one of those that a page's file loads later. */
export function isPartOf(page: string, file: string): boolean {
  const own = page.slice(0, -'js'.length);
  const others = pageFiles.filter((name) => `${name}.`.startsWith(own) && `${name}.` !== own);
  return (
    file.startsWith(own) &&
    file.endsWith('.js') &&
    file !== page &&
    !others.some((name) => file.startsWith(`${name}.`))
  );
}

interface Bundle {
  entry: Record<string, string>;
  outDir: string;
  minify: boolean;
  external: (string | RegExp)[];
  define?: Record<string, string>;
  plugins?: Plugin[];
  /** Of what is loaded on first use. */
  chunkFileNames: string;
}

/** The `pageFiles`. Returns what went in. */
export async function bundleForPages(outDir: string): Promise<Rolldown.OutputChunk[]> {
  // What is for Node alone goes out.
  const define = { 'globalThis.process': 'undefined' };
  const page = (name: (typeof pageFiles)[number], source: string, ...plugins: Plugin[]) => {
    const all = [...plugins, withoutWebTransport];
    const chunkFileNames = `${name}.[name].js`;
    const entry = { [name]: source };
    return bundle({ entry, outDir, minify: true, external: [], define, plugins: all, chunkFileNames });
  };
  return [
    ...(await page('parley-sdk', 'src/index.ts')),
    ...(await page('parley-sdk.websocket', 'src/index.ts', swap('choice.ts', 'choice.websocket.ts'))),
    ...(await page('parley-sdk.indexed-db', 'src/indexed-db.ts')),
  ];
}

/**
 * One file for each entry, for Node and for bundlers; they share what they have in common. Other packages stay outside: Socket.IO's client
 * is another for Node than for browsers, and React must be the program's own.
 */
export function bundleForPackages(
  outDir: string,
  entry: Record<string, string>,
): Promise<Rolldown.OutputChunk[]> {
  const external = ['socket.io-client', 'react', 'idb', /^node:/];
  return bundle({ entry, outDir, minify: false, external, chunkFileNames: 'chunks/[name].js' });
}

/** Puts one module in another one's place. */
function swap(name: string, other: string): Plugin {
  return {
    name: 'swap',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (!source.endsWith(`/${name}`)) return null;
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      return found && { ...found, id: found.id.slice(0, -name.length) + other };
    },
  };
}

/** Socket.IO's client brings a transport that is never asked for. */
const withoutWebTransport: Plugin = {
  name: 'without-web-transport',
  enforce: 'pre',
  load: (id) => (/engine\.io-client\/.*\/webtransport\.js$/.test(id) ? 'export class WT {}' : null),
};

async function bundle(parts: Bundle): Promise<Rolldown.OutputChunk[]> {
  const { entry, outDir, minify, external, define = {}, plugins = [], chunkFileNames } = parts;
  const result = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    define,
    plugins,
    // Said here, since Vite takes them from NODE_ENV otherwise: a test must build what a release does.
    resolve: { conditions: ['module', 'browser', 'production'] },
    build: {
      outDir,
      emptyOutDir: false,
      target,
      sourcemap: true,
      minify: minify ? 'oxc' : false,
      lib: { entry, formats: ['es'], fileName: (_, name) => `${name}.js` },
      rolldownOptions: {
        external,
        // What a page loads first is one file: what else there is imports what it shares with that file from there.
        ...(minify ? { preserveEntrySignatures: 'allow-extension' as const } : {}),
        output: {
          minify,
          ...(minify ? { comments: false } : {}),
          chunkFileNames,
          // Else what the file shares with one of the others may become a file that a page has to wait for.
          ...(minify ? { codeSplitting: { groups: [{ name: 'core', tags: ['$initial'] }] } } : {}),
          // Hooks run where there is a browser: frameworks that render on servers ask for this to be said.
          banner: ({ name }) => (name === 'react' ? "'use client';" : ''),
        },
      },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]) as Rolldown.RolldownOutput[];
  return outputs.flatMap(({ output }) => output.filter((file) => file.type === 'chunk'));
}
