import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const starred = implementQuery(procedures.messages.starred, ({ ctx, input }) =>
  core.listStarred(ctx.core, ctx.caller(), input),
);
