/** Which procedures are queries, in little space; a test holds it against the contract. */
import type { ProcedurePath } from '@parley/contract';

const queries: ReadonlySet<string> = new Set(
  (
    'auth.sessions users.me users.getPrivacy users.contacts users.get users.presence chats.list chats.get messages.list ' +
    'messages.searchChat messages.search messages.starred messages.receipts media.get'
  ).split(' '),
);

/** Whether a procedure only reads; all others change something. */
export function isQuery(path: ProcedurePath): boolean {
  return queries.has(path);
}
