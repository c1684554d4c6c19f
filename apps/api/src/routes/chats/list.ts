import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const list = implementQuery(procedures.chats.list, ({ ctx, input }) =>
  core.listChats(ctx.core, ctx.caller(), input),
);
