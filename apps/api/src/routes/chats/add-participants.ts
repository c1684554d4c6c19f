import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const addParticipants = implementMutation(procedures.chats.addParticipants, ({ ctx, input }) =>
  core.addParticipants(ctx.core, ctx.caller(), input),
);
