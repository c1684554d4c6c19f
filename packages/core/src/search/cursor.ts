/** Where a page of search results ends, opaque to clients. */
import { AppError } from '../error.ts';
import { decodeCursor } from '../lib/cursor.ts';

/** The position in a cursor, if `check` accepts it. Errors: `BAD_REQUEST` (no cursor that this search gave). */
export function positionIn<T>(cursor: string, check: (position: unknown) => position is T): T {
  const values = decodeCursor(cursor);
  const [position] = values;
  if (values.length === 1 && check(position)) return position;
  throw new AppError('BAD_REQUEST', 'The cursor is not one of this search');
}
