/** The page at `/` where there is no web client: it was not built, or is served from elsewhere. */
import { Router } from 'express';
import { named } from './named.ts';

const links: { href: string; name: string; about: string; dev?: true }[] = [
  { href: '/docs', name: 'REST API', about: 'Every route, to read and to try' },
  { href: '/dev/inbox', name: 'Dev inbox', about: 'Sign-in codes, as they are “sent”', dev: true },
  { href: '/health', name: 'Health', about: 'Whether the process lives' },
  { href: '/ready', name: 'Readiness', about: 'Whether everything it needs answers' },
];

export function landingRoutes(hasInbox: boolean, headers: Record<string, string>): Router {
  const rows = links
    .filter((link) => hasInbox || !link.dev)
    .map(({ href, name, about }) => `<li><a href="${href}">${name}</a><span>${about}</span></li>`);
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Parley</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/page.css">
  </head>
  <body>
    <main>
      <h1>Parley</h1>
      <p>A messaging backend. It is running.</p>
      <ul class="links">
        ${rows.join('\n        ')}
      </ul>
    </main>
  </body>
</html>
`;
  const router = Router();
  router.get('/', named('/', headers), (_req, res) => {
    res.type('html').send(html);
  });
  return router;
}
