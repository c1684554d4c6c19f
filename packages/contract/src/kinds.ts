/**
 * Which procedures are queries. A table of its own, without zod, so that the SDK can be small: the schemas stay on the
 * server, only their types reach the client. A test holds it against the registry.
 */
import type { ProcedurePath } from './procedures.ts';

export const procedureKinds: Readonly<Record<ProcedurePath, 'query' | 'mutation'>> = {
  'auth.requestOtp': 'mutation',
  'auth.verifyOtp': 'mutation',
  'auth.refresh': 'mutation',
  'auth.logout': 'mutation',
  'users.me': 'query',
  'users.updateMe': 'mutation',
  'users.get': 'query',
  'users.presence': 'query',
  'chats.create': 'mutation',
  'chats.get': 'query',
  'messages.list': 'query',
  'messages.send': 'mutation',
  'messages.markRead': 'mutation',
};
