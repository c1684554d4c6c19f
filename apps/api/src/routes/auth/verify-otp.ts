import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const verifyOtp = implementMutation(procedures.auth.verifyOtp, ({ ctx, input }) =>
  core.verifyOtp(ctx.core, input),
);
