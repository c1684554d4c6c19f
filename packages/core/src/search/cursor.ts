/** Where a page of search results ends, opaque to clients. */
import { AppError } from '../error.ts';

/** The cursor of the page behind `position`. */
export function encodeCursor(position: string | number): string {
  return Buffer.from(JSON.stringify([position])).toString('base64url');
}

/** The position in a cursor, if `check` accepts it. Errors: `BAD_REQUEST` (no cursor that this search gave). */
export function decodeCursor<T>(cursor: string, check: (position: unknown) => position is T): T {
  let position: unknown;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parsed) && parsed.length === 1) position = parsed[0];
  } catch {
    // Not JSON: no cursor.
  }
  if (check(position)) return position;
  throw new AppError('BAD_REQUEST', 'The cursor is not one of this search');
}
