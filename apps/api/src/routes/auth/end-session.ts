import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const endSession = implementMutation(procedures.auth.endSession, ({ ctx, input }) =>
  core.endSession(ctx.core, ctx.caller(), input),
);
