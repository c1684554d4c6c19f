import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const sessions = implementQuery(procedures.auth.sessions, ({ ctx }) =>
  core.listSessions(ctx.core, ctx.caller()),
);
