import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const receipts = implementQuery(procedures.messages.receipts, ({ ctx, input }) =>
  core.messageReceipts(ctx.core, ctx.caller(), input),
);
