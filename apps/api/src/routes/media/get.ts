import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const get = implementQuery(procedures.media.get, ({ ctx, input }) =>
  core.getMedia(ctx.core, ctx.caller(), input),
);
