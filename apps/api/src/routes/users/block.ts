import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const block = implementMutation(procedures.users.block, ({ ctx, input }) =>
  core.blockUser(ctx.core, ctx.caller(), input),
);
