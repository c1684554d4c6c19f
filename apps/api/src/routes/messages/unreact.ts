import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const unreact = implementMutation(procedures.messages.unreact, ({ ctx, input }) =>
  core.unreactToMessage(ctx.core, ctx.caller(), input),
);
