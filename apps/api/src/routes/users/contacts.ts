import { procedures } from '@parley/contract';
import * as core from '@parley/core';
import { implementQuery } from '../../trpc/implement.ts';

export const contacts = implementQuery(procedures.users.contacts, ({ ctx }) =>
  core.listContacts(ctx.core, ctx.caller()),
);
