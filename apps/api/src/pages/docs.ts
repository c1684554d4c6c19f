/** The OpenAPI document, and Swagger UI to browse it: every file comes from this server. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Router } from 'express';
import { asset } from './assets.ts';
import { named } from './named.ts';

/** What of swagger-ui-dist is served; the rest of the package stays private. */
const uiFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

export function docsRoutes(openApi: object, headers: Record<string, string>): Router {
  const uiFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const json = JSON.stringify(openApi);
  const router = Router();
  router.get('/openapi.json', named('/openapi.json', { 'Cache-Control': 'no-cache' }), (_req, res) => {
    res.type('application/json').send(json);
  });
  router.get('/docs', named('/docs', headers), asset('docs.html'));
  for (const name of ['docs.js', 'page.css']) {
    router.get(`/docs/${name}`, named('/docs/{file}', {}), asset(name));
  }
  for (const name of uiFiles) {
    router.get(`/docs/${name}`, named('/docs/{file}', {}), (_req, res) => {
      res.sendFile(join(uiFolder, name), { maxAge: '1h' });
    });
  }
  return router;
}
