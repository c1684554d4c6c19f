import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const me = implementQuery(procedures.users.me, ({ ctx }) => core.getMe(ctx.core, ctx.caller()));
