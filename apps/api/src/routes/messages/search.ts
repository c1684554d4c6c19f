import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const search = implementQuery(procedures.messages.search, ({ ctx, input }) =>
  core.searchMessages(ctx.core, ctx.caller(), input),
);
