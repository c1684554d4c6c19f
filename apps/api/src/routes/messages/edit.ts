import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const edit = implementMutation(procedures.messages.edit, ({ ctx, input }) =>
  core.editMessage(ctx.core, ctx.caller(), input),
);
