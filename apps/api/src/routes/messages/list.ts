import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const list = implementQuery(procedures.messages.list, ({ ctx, input }) =>
  core.listMessages(ctx.core, ctx.caller(), input),
);
