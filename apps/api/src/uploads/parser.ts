/** The parser of forms, set up for one file and a few short fields. */
import type { IncomingHttpHeaders } from 'node:http';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { AppError } from '@parley/core';

const limits = { files: 1, fields: 20, parts: 32, fieldSize: 1024, headerPairs: 20, headerSize: 8 * 1024 };

/** Names are read as UTF-8, also where the client says nothing of it. Errors: `BAD_REQUEST`. */
export function createParser(headers: IncomingHttpHeaders): BusboyInstance {
  const type = headers['content-type'] ?? '';
  if (!/^multipart\/form-data *;/i.test(type)) throw notAForm();
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new AppError('BAD_REQUEST', 'The body must not be compressed');
  }
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': type },
      // What is called `file` is one, whatever else a client says or leaves out.
      isPartAFile: (name, _type, filename) => name === 'file' || filename !== undefined,
      limits,
    });
  } catch {
    // No boundary, or one that is too long.
    throw notAForm();
  }
}

function notAForm(): AppError {
  return new AppError('BAD_REQUEST', 'The body must be multipart/form-data, with its boundary');
}
