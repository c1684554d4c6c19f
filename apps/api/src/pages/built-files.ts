/**
 * The files of a built page, in memory from the start: a few megabytes. So a build beside a running server changes nothing of what it
 * serves, and no request ever waits for the disk.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import type { RequestHandler } from 'express';
import { localsOf } from '../http/locals.ts';

/** How a file was compressed at build time, by the ending of its name, the best first (RFC 9110, 8.4.1). */
const encodings = [
  ['.br', 'br'],
  ['.gz', 'gzip'],
] as const;

interface BuiltFile {
  readonly type: string;
  readonly etag: string;
  readonly immutable: boolean;
  readonly plain: Buffer;
  readonly compressed: ReadonlyMap<string, Buffer>;
}

/** Serves what is in the folder now, with these headers; hidden files are left out, and everything unknown is passed on. */
export function builtFiles(folder: string, headers: Record<string, string>): RequestHandler {
  const files = readAll(folder);
  return (req, res, next) => {
    const file = req.method === 'GET' || req.method === 'HEAD' ? files.get(req.path) : undefined;
    if (!file) {
      next();
      return;
    }
    localsOf(res).route = '/{file}';
    res.set(headers);
    const best = req.acceptsEncodings([...file.compressed.keys(), 'identity']);
    const body = best ? file.compressed.get(best) : undefined;
    res.vary('Accept-Encoding');
    // Names under assets have a hash of the contents.
    res.set('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    // Another encoding is another representation (RFC 9110, 8.8.3.3).
    res.set('ETag', `"${file.etag}${body ? `-${best}` : ''}"`);
    if (body && best) res.set('Content-Encoding', best);
    res.type(file.type).send(body ?? file.plain);
  };
}

function readAll(folder: string): Map<string, BuiltFile> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  const known = new Set(names);
  const isCopy = (name: string) =>
    encodings.some(([end]) => name.endsWith(end) && known.has(name.slice(0, -end.length)));
  return new Map(
    names
      .filter((name) => !isCopy(name))
      .map((name): [string, BuiltFile] => {
        const plain = readFileSync(join(folder, name));
        const copies = encodings.filter(([end]) => known.has(name + end));
        return [
          `/${name}`,
          {
            type: extname(name) || 'application/octet-stream',
            etag: createHash('sha256').update(plain).digest('base64url').slice(0, 22),
            immutable: name.startsWith('assets/'),
            plain,
            compressed: new Map(
              copies.map(([end, encoding]) => [encoding, readFileSync(join(folder, name + end))]),
            ),
          },
        ];
      }),
  );
}
