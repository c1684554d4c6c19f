import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const mute = implementMutation(procedures.chats.mute, ({ ctx, input }) =>
  core.muteChat(ctx.core, ctx.caller(), input),
);
