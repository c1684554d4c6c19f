import type { CallOptions } from './procedures.ts';

/** Options of `pages`. */
export interface PageOptions extends CallOptions {
  /** Entries per page, as the procedure takes it. */
  limit?: number | undefined;
}

/** What such a procedure answers. */
export interface Page {
  /** The cursor of the next page; null after the last one. */
  next_cursor: string | null;
}

/**
 * All pages of a procedure that answers a `next_cursor`, each fetched when it is asked for:
 * `for await (const { messages } of pages(client.messages.starred))`. Errors: those of the procedure.
 */
export async function* pages<I extends object, O extends Page>(
  list: (input: I, options?: CallOptions) => Promise<O>,
  input: Omit<I, 'cursor' | 'limit'>,
  { limit, signal }: PageOptions = {},
): AsyncGenerator<O, void, undefined> {
  let cursor: string | null = null;
  do {
    const place = { ...(limit !== undefined && { limit }), ...(cursor !== null && { cursor }) };
    const page: O = await list({ ...input, ...place } as I, { signal });
    yield page;
    cursor = page.next_cursor;
  } while (cursor !== null);
}
