import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const unblock = implementMutation(procedures.users.unblock, ({ ctx, input }) =>
  core.unblockUser(ctx.core, ctx.caller(), input),
);
