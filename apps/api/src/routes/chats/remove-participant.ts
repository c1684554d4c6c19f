import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const removeParticipant = implementMutation(procedures.chats.removeParticipant, ({ ctx, input }) =>
  core.removeParticipant(ctx.core, ctx.caller(), input),
);
