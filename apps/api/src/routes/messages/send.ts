import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const send = implementMutation(procedures.messages.send, async ({ ctx, input }) => {
  const { created, message } = await core.sendMessage(ctx.core, ctx.caller(), input);
  ctx.setStatus(created ? 201 : 200);
  return message;
});
