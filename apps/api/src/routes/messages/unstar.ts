import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const unstar = implementMutation(procedures.messages.unstar, ({ ctx, input }) =>
  core.unstarMessage(ctx.core, ctx.caller(), input),
);
