import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const requestOtp = implementMutation(procedures.auth.requestOtp, ({ ctx, input }) =>
  core.requestOtp(ctx.core, input),
);
