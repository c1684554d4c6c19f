/** The pages' own files. They are few and small, so they are read once and kept. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { RequestHandler } from 'express';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** Answers with a file of `assets/`. */
export function asset(name: string): RequestHandler {
  const content = readFileSync(new URL(`./assets/${name}`, import.meta.url));
  const type = types[extname(name)] ?? 'application/octet-stream';
  return (_req, res) => {
    res.set({ 'Content-Type': type, 'Cache-Control': 'no-cache' }).send(content);
  };
}
