import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementMutation } from '../../trpc/implement.ts';

export const changes = implementMutation(procedures.sync.changes, ({ ctx, input }) =>
  core.syncChanges(ctx.core, ctx.caller(), input),
);
