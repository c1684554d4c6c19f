import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const get = implementQuery(procedures.users.get, ({ ctx, input }) =>
  core.getUser(ctx.core, ctx.caller(), input),
);
