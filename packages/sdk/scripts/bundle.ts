/** Makes the JavaScript of `dist/`. */
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The oldest things it must run on: Node 20, and browsers of 2022. */
const target = ['es2022', 'node20', 'chrome105', 'firefox105', 'safari16'];

interface Bundle {
  entry: Record<string, string>;
  outDir: string;
  minify: boolean;
  external: (string | RegExp)[];
  define?: Record<string, string>;
}

/** One file with everything in it, for a page: `parley-sdk.js`. Returns the paths of the modules that went in. */
export function bundleForPages(outDir: string): Promise<string[]> {
  // What is for Node alone goes out.
  const define = { 'globalThis.process': 'undefined' };
  return bundle({ entry: { 'parley-sdk': 'src/index.ts' }, outDir, minify: true, external: [], define });
}

/**
 * `index.js` and `node.js`, for Node and for bundlers. Socket.IO stays outside, since it is another for Node than for browsers.
 * The few lines of tRPC that are used go in: installed, they would bring the tRPC server and TypeScript with them.
 */
export function bundleForPackages(outDir: string): Promise<string[]> {
  const external = ['socket.io-client', /^node:/];
  return bundle({ entry: { index: 'src/index.ts', node: 'src/node.ts' }, outDir, minify: false, external });
}

async function bundle({ entry, outDir, minify, external, define = {} }: Bundle): Promise<string[]> {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    define,
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
        output: { minify, chunkFileNames: 'chunks/[name].js' },
        // tRPC does not say it, but importing one of its links needs none of the others to run.
        treeshake: { moduleSideEffects: (id) => !/node_modules\/@trpc\//.test(id) },
      },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]) as Rolldown.RolldownOutput[];
  return outputs.flatMap(({ output }) =>
    output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : [])),
  );
}
