/** Headers of files that people uploaded, and the questions that clients ask about them (RFC 9110 sections 13 and 14). */
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import parseRange from 'range-parser';

/** What scripts of other sites may read besides what they may read of every answer. */
const exposed = ['Accept-Ranges', 'Content-Disposition', 'Content-Range', 'ETag'];

/** Whether the request only reads. */
export function isRead(req: Request): boolean {
  return req.method === 'GET' || req.method === 'HEAD';
}

/** A strong validator: files never change, so what names one says it. */
export function etagOf(...parts: (string | number)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  return `"${digest.slice(0, 27)}"`;
}

/**
 * What keeps a file that somebody uploaded from acting as this site: it is what it is stored as and nothing else, and where a browser shows it
 * as a page, that page can do nothing. Any site may embed it, as whoever has its address may read it.
 */
export function guard(res: Response): void {
  res.set({
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cross-Origin-Resource-Policy': 'cross-origin',
  });
  const already = res.get('Access-Control-Expose-Headers');
  if (already !== undefined) res.set('Access-Control-Expose-Headers', [already, ...exposed].join(', '));
}

/** Whether the client has this very file already: `If-None-Match`, which compares weakly. */
export function hasAlready(req: Request, etag: string): boolean {
  const given = req.headers['if-none-match'];
  if (given === undefined) return false;
  const tags = given.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** A part of a file in bytes, both ends included. */
export interface Part {
  start: number;
  end: number;
}

/**
 * Which part is asked for: `whole` also for what is no single range of bytes, and where `If-Range` names another file; `none` where the
 * file has no such bytes.
 */
export function partOf(req: Request, size: number, etag: string): Part | 'whole' | 'none' {
  const { range } = req.headers;
  if (req.method !== 'GET' || range === undefined) return 'whole';
  const condition = req.headers['if-range'];
  if (condition !== undefined && condition !== etag) return 'whole';
  // More bytes from the end than there are mean all of them; the parser takes that for none.
  const suffix = /^bytes=-(\d+)$/.exec(range)?.[1];
  if (suffix !== undefined && Number(suffix) >= size && size > 0) return { start: 0, end: size - 1 };
  const found = parseRange(size, range);
  if (found === -1) return 'none';
  const [part, ...others] = found === -2 || found.type !== 'bytes' ? [] : found;
  return part === undefined || others.length > 0 ? 'whole' : part;
}
