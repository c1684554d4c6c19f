import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const presence = implementQuery(procedures.users.presence, ({ ctx, input }) =>
  core.getPresence(ctx.core, ctx.caller(), input),
);
