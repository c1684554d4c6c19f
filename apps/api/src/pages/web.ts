/**
 * The web client at `/`: the files that `npm run build` made of apps/web, as they are. The page holds everything that is first-party
 * alone: a strict Content-Security-Policy (CSP Level 3) lets nothing else in.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Runtime } from '@parley/runtime';
import { type RequestHandler, Router } from 'express';
import { securityHeaders } from '../http/security.ts';
import { builtFiles } from './built-files.ts';
import { isLocal } from './inbox.ts';
import { named } from './named.ts';

const built = fileURLToPath(new URL('../../../web/dist', import.meta.url));

/** Where the web client is, if there is one: WEB_DIR, or what was built beside this program. */
export function webFolder(configured: string | null): string | null {
  if (configured === 'none') return null;
  const folder = configured ?? built;
  return existsSync(join(folder, 'index.html')) ? folder : null;
}

/**
 * Serves the folder. The page is asked for anew each time, so that a new version is seen at once; its files carry their content's hash
 * in their names and are kept for a year.
 */
export function webRoutes({ config, inbox }: Pick<Runtime, 'config' | 'inbox'>, folder: string): Router {
  const headers = securityHeaders('app', config.production, fileOrigins(config));
  const fresh = { ...headers, 'Cache-Control': 'no-cache', Vary: 'Host' };
  const plain = readFileSync(join(folder, 'index.html'), 'utf8');
  const forDevelopers = plain.replace('<head>', '<head><meta name="parley-dev" content="true">');
  const page: RequestHandler = (req, res) => {
    const shows = config.otpEcho || (inbox !== null && isLocal(req));
    res.type('html').send(shows ? forDevelopers : plain);
  };
  const router = Router();
  router.get(['/', '/index.html'], named('/', fresh), page);
  // Its files are as they were at the start; the page's headers stand for them too, since a browser shows a picture as a page.
  router.use(builtFiles(folder, headers));
  return router;
}

/** Where files come from, if not from this server. */
function fileOrigins({ minioEndpoint, minioPublicUrl, minioUseSsl }: Runtime['config']): string[] {
  if (minioPublicUrl !== null) return [new URL(minioPublicUrl).origin];
  if (minioEndpoint === null) return [];
  return [`${minioUseSsl ? 'https' : 'http'}://${minioEndpoint}`];
}
