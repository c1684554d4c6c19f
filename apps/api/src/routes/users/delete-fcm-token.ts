import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const deleteFcmToken = implementMutation(procedures.users.deleteFcmToken, ({ ctx }) =>
  core.removePushToken(ctx.core, ctx.caller()),
);
