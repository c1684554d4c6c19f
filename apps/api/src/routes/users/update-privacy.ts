import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const updatePrivacy = implementMutation(procedures.users.updatePrivacy, ({ ctx, input }) =>
  core.updatePrivacy(ctx.core, ctx.caller(), input),
);
