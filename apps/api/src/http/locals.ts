import type { Response } from 'express';

/** What middlewares know of a request outside `/api/v1`. */
export interface Locals {
  requestId: string;
  /** `performance.now()` when it arrived. */
  started: number;
  /** For log and metrics; null keeps a request out of them. */
  route: string | null;
  userId: string | undefined;
}

/** The request's locals, as `begin` has set them. */
export function localsOf(res: Pick<Response, 'locals'>): Locals {
  return res.locals as Locals;
}
