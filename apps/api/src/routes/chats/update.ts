import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const update = implementMutation(procedures.chats.update, ({ ctx, input }) =>
  core.updateChat(ctx.core, ctx.caller(), input),
);
