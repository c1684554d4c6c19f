/** For operators: health, readiness, metrics (contract section 2, Health). No envelope, no rate limit. */
import type { Runtime } from '@parley/runtime';
import { Router } from 'express';
import { named } from './named.ts';

export function systemRoutes(runtime: Pick<Runtime, 'readiness' | 'metrics'>): Router {
  const { readiness, metrics } = runtime;
  const fresh = { 'Cache-Control': 'no-store' };
  const router = Router();
  router.get('/health', named('/health', fresh), (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get('/ready', named('/ready', fresh), async (_req, res) => {
    const report = await readiness.report();
    res.status(report.ready ? 200 : 503).json(report);
  });
  router.get('/metrics', named('/metrics', fresh), async (_req, res) => {
    const text = await metrics.text();
    res.type(metrics.registry.contentType).send(text);
  });
  return router;
}
