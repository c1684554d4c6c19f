import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const setRole = implementMutation(procedures.chats.setRole, ({ ctx, input }) =>
  core.setRole(ctx.core, ctx.caller(), input),
);
