import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const star = implementMutation(procedures.messages.star, ({ ctx, input }) =>
  core.starMessage(ctx.core, ctx.caller(), input),
);
