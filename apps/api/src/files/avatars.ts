/**
 * `GET /avatars/{id}`: photos of users and groups. No token: clients show them as plain images, and an address that nobody was given cannot be
 * guessed (contract section 2, Users and Chats).
 */
import { uuid } from '@parley/contract';
import { AppError, openAvatar } from '@parley/core';
import type { Runtime } from '@parley/runtime';
import type { RequestHandler } from 'express';
import { localsOf } from '../http/locals.ts';
import { etagOf, guard, hasAlready, isRead } from './headers.ts';
import { stream } from './stream.ts';

/** A day, and never asked about again meanwhile: a new photo has a new address. A photo that was removed is seen for so long at most. */
const cache = 'public, max-age=86400, immutable';

/** Express middleware for below `/avatars`. */
export function serveAvatars({ core, log }: Pick<Runtime, 'core' | 'log'>): RequestHandler {
  // Not counted as requests without a token are (30 a minute for an address): a list of chats shows 50 photos.
  return async (req, res, next) => {
    if (!isRead(req)) {
      next();
      return;
    }
    localsOf(res).route = '/avatars/{id}';
    const id = uuid.safeParse(req.path.slice(1)).data;
    const photo = id === undefined ? undefined : await openAvatar(core, id);
    if (id === undefined || !photo) throw new AppError('NOT_FOUND', 'There is no such photo');
    const etag = etagOf(id, photo.size);
    guard(res);
    res.set({ 'Cache-Control': cache, ETag: etag });
    res.setHeader('Content-Type', photo.contentType);
    const known = hasAlready(req, etag);
    if (!known) res.set('Content-Length', `${photo.size}`);
    if (known || req.method === 'HEAD') {
      photo.body.destroy();
      res.status(known ? 304 : 200).end();
    } else await stream(photo.body, res, log);
  };
}
