import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const react = implementMutation(procedures.messages.react, ({ ctx, input }) =>
  core.reactToMessage(ctx.core, ctx.caller(), input),
);
