import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const logout = implementMutation(procedures.auth.logout, ({ ctx, input }) =>
  core.logout(ctx.core, ctx.caller(), input),
);
