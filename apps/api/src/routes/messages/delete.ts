import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const remove = implementMutation(procedures.messages.delete, ({ ctx, input }) =>
  core.deleteMessage(ctx.core, ctx.caller(), input),
);
