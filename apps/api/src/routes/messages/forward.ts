import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const forward = implementMutation(procedures.messages.forward, async ({ ctx, input }) => {
  const forwarded = await core.forwardMessage(ctx.core, ctx.caller(), input);
  ctx.setStatus(201);
  return forwarded;
});
