/** Debian's Chromium for tests, with pages that run a module of this repository. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll } from 'vitest';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Whether there is no browser here. */
export const noChromium = !existsSync(executablePath);
if (noChromium)
  console.warn(`No Chromium at ${executablePath} (CHROMIUM_PATH): the browser tests are skipped.`);

export interface Stage {
  browser: Browser;
  /** A page that loads the module; the origin is its own. */
  url: string;
}

/** A browser, and an address with the module, for the tests of a file. */
export function stage(module: URL): Stage {
  const made = {} as Stage;
  let end = () => {};
  beforeAll(async () => {
    const code = await bundled(fileURLToPath(module));
    const server = createServer((request, response) => {
      const [type, body] = request.url?.endsWith('.js')
        ? ['text/javascript', code]
        : ['text/html', '<!doctype html><meta charset=utf-8><script src=page.js></script>'];
      response.writeHead(200, { 'content-type': type ?? '' }).end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    made.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
    made.browser = await chromium.launch({ executablePath, args });
    end = () => void server.close();
  });
  afterAll(async () => {
    end();
    await made.browser?.close();
  });
  return made;
}

async function bundled(path: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    define: { 'globalThis.process': 'undefined' },
    resolve: { conditions: ['module', 'browser', 'production'] },
    build: {
      write: false,
      minify: false,
      lib: { entry: path, formats: ['iife'], name: 'page', fileName: 'page' },
    },
  });
  const [output] = (Array.isArray(result) ? result : [result]) as Rolldown.RolldownOutput[];
  return output?.output[0].code ?? '';
}
