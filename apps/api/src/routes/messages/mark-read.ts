import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const markRead = implementMutation(procedures.messages.markRead, ({ ctx, input }) =>
  core.markRead(ctx.core, ctx.caller(), input),
);
