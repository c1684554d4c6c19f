import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const searchChat = implementQuery(procedures.messages.searchChat, ({ ctx, input }) =>
  core.searchChat(ctx.core, ctx.caller(), input),
);
