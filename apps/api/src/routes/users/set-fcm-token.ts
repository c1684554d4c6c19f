import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const setFcmToken = implementMutation(procedures.users.setFcmToken, ({ ctx, input }) =>
  core.registerPushToken(ctx.core, ctx.caller(), input),
);
