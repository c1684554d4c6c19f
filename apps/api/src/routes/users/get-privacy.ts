import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const getPrivacy = implementQuery(procedures.users.getPrivacy, ({ ctx }) =>
  core.getPrivacy(ctx.core, ctx.caller()),
);
