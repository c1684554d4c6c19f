/**
 * `GET /objects/{key}`: files of the folder engine by signed addresses, as an S3 would serve its own (contract section 2, Media: "presigned").
 * The address is the permission: no token is needed, and none is looked at.
 */
import { AppError, type ObjectStore } from '@parley/core';
import { attachment } from '@parley/platform';
import type { Runtime } from '@parley/runtime';
import type { Request, RequestHandler, Response } from 'express';
import { localsOf } from '../http/locals.ts';
import { etagOf, guard, hasAlready, isRead, partOf } from './headers.ts';
import { stream } from './stream.ts';

type Parts = Pick<Runtime, 'core' | 'log' | 'objectUrls'>;

/** Express middleware for below `/objects`; passes everything on where files are not kept here. */
export function serveObjects({ core, log, objectUrls }: Parts): RequestHandler {
  // Not counted as requests without a token are (30 a minute for an address): one screen of a chat asks for more, and only who was given a
  // signed address gets anything.
  return async (req, res, next) => {
    if (objectUrls === null || !isRead(req)) {
      next();
      return;
    }
    localsOf(res).route = '/objects/{key}';
    const { key, query } = addressOf(req);
    const verdict = key === undefined ? 'forged' : objectUrls.verify(key, query);
    if (verdict === 'expired') throw new AppError('FORBIDDEN', 'This address has run out: ask for a new one');
    if (key === undefined || verdict !== 'valid')
      throw new AppError('FORBIDDEN', 'This address is not valid');
    const answer = await look(core.objects, key, req);
    setHeaders(res, answer, query, core.clock.now());
    if (answer.body) await stream(answer.body, res, log);
    else res.end();
  };
}

/** The key and the query of an address; no key where it cannot be read. */
function addressOf(req: Request): { key: string | undefined; query: URLSearchParams } {
  const [path = '', ...rest] = req.url.split('?');
  const query = new URLSearchParams(rest.join('?'));
  try {
    return { key: decodeURIComponent(path.slice(1)), query };
  } catch {
    return { key: undefined, query };
  }
}

type Answer = Awaited<ReturnType<typeof look>>;

/** What is to be sent. The body is open already where there is one, as nothing may fail after the headers. Errors: `NOT_FOUND`. */
async function look(objects: ObjectStore, key: string, req: Request) {
  const found = await objects.stat(key);
  if (!found) throw gone();
  const { size, contentType } = found;
  const etag = etagOf(key, size);
  const about = { size, contentType, etag, part: undefined, length: undefined, body: undefined };
  if (hasAlready(req, etag)) return { ...about, status: 304 };
  const part = partOf(req, size, etag);
  if (part === 'none') return { ...about, status: 416 };
  const known =
    part === 'whole'
      ? { ...about, status: 200, length: size }
      : { ...about, status: 206, length: part.end - part.start + 1, part };
  if (req.method === 'HEAD') return known;
  const object = await objects.get(key, part === 'whole' ? undefined : part);
  if (!object) throw gone();
  return { ...known, body: object.body };
}

function gone(): AppError {
  return new AppError('NOT_FOUND', 'There is no such file');
}

function setHeaders(res: Response, answer: Answer, query: URLSearchParams, now: number): void {
  const { status, size, part, length } = answer;
  guard(res);
  res.status(status).set('Accept-Ranges', 'bytes');
  if (status === 416) {
    res.set({ 'Content-Range': `bytes */${size}`, 'Cache-Control': 'no-store' });
    return;
  }
  const filename = query.get('filename');
  const seconds = Math.max(0, Math.floor(Number(query.get('expires')) - now / 1000));
  res.set({ 'Cache-Control': `private, max-age=${seconds}`, ETag: answer.etag });
  if (status === 304) return;
  // Not by `set`, which would add a character set to what was stored without one.
  res.setHeader('Content-Type', answer.contentType);
  res.set('Content-Disposition', filename === null ? 'inline' : attachment(filename));
  res.set('Content-Length', `${length}`);
  if (part) res.set('Content-Range', `bytes ${part.start}-${part.end}/${size}`);
}
