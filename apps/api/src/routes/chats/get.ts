import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const get = implementQuery(procedures.chats.get, ({ ctx, input }) =>
  core.getChat(ctx.core, ctx.caller(), input),
);
