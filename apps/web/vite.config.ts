/** Builds the client into `dist`. In development the API is taken from a server on port 3000, or `PARLEY_URL`. */
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Says what a development server says of itself when it serves the page. */
const developmentServer: Plugin = {
  name: 'parley-dev',
  apply: 'serve',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { name: 'parley-dev', content: 'true' }, injectTo: 'head-prepend' },
  ],
};

/** A build is for production, whoever asks for it: test runners have a NODE_ENV of their own, and React goes by it. */
function forProduction(): Plugin {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  return {
    name: 'parley-for-production',
    closeBundle() {
      if (before === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = before;
    },
  };
}

const target = process.env.PARLEY_URL ?? 'http://localhost:3000';

export default defineConfig(({ command }) => ({
  plugins: [...(command === 'build' ? [forProduction()] : []), react(), developmentServer],
  // Files are found wherever the page is served.
  base: './',
  server: {
    proxy: {
      '/api': target,
      '/trpc': target,
      '/dev': target,
      '/socket.io': { target, ws: true },
      '/ws': { target, ws: true },
    },
  },
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // Small files stay files: the page's policy allows no data: fonts or styles.
    assetsInlineLimit: 0,
    // What browsers need is in `target`; the polyfill would be a script for nothing.
    modulePreload: { polyfill: false },
  },
}));
