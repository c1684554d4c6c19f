import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const refresh = implementMutation(procedures.auth.refresh, ({ ctx, input }) =>
  core.refreshTokens(ctx.core, input),
);
