import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const updateMe = implementMutation(procedures.users.updateMe, ({ ctx, input }) =>
  core.updateMe(ctx.core, ctx.caller(), input),
);
