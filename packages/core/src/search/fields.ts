/** What of a message can be searched. */
import type { Highlight, MessagePayload } from '@parley/contract';

export type SearchField = Highlight['field'];

const searchFields = ['body', 'caption', 'filename', 'name', 'address'] as const satisfies SearchField[];

/** The texts of a payload, by field; none of a `system` message's. */
export function fieldsOf(payload: MessagePayload): [SearchField, string][] {
  if ('action' in payload) return [];
  const texts: { [field: string]: unknown } = payload;
  const found: [SearchField, string][] = [];
  for (const field of searchFields) {
    const text = texts[field];
    if (typeof text === 'string' && text !== '') found.push([field, text]);
  }
  return found;
}
