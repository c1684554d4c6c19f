import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const syncContacts = implementMutation(procedures.users.syncContacts, ({ ctx, input }) =>
  core.syncContacts(ctx.core, ctx.caller(), input),
);
