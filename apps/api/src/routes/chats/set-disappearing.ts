import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const setDisappearing = implementMutation(procedures.chats.setDisappearing, ({ ctx, input }) =>
  core.setDisappearing(ctx.core, ctx.caller(), input),
);
