import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const pin = implementMutation(procedures.chats.pin, ({ ctx, input }) =>
  core.pinChat(ctx.core, ctx.caller(), input),
);
