import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const create = implementMutation(procedures.chats.create, async ({ ctx, input }) => {
  const { created, chat } = await core.createChat(ctx.core, ctx.caller(), input);
  ctx.setStatus(created ? 201 : 200);
  return chat;
});
