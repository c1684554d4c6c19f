/** A tRPC router over the contract's own registry, so that every call is checked against the real schemas both ways. */
import { randomUUID } from 'node:crypto';
import {
  errorCatalogue,
  type InputOf,
  type OutputOf,
  type ProcedurePath,
  procedures,
} from '@parley/contract';
import { initTRPC, TRPCError } from '@trpc/server';
import { type Accounts, Refused } from './accounts.ts';

export interface CallContext {
  token: string | undefined;
}

/** Takes the place of a procedure in one test. */
export type Override = (input: unknown, context: CallContext) => unknown;

export type Overrides = Partial<Record<ProcedurePath, Override>>;

const now = '2026-03-01T09:12:44.310Z';

const { router, procedure } = initTRPC.context<CallContext>().create({
  isDev: false,
  errorFormatter({ shape, error }) {
    const refused = error.cause instanceof Refused ? error.cause : null;
    const code = refused?.code ?? (error.code === 'BAD_REQUEST' ? 'VALIDATION_ERROR' : 'INTERNAL_ERROR');
    const parley = {
      code,
      details: code === 'VALIDATION_ERROR' ? [{ path: 'payload.body', message: 'must not be empty' }] : [],
      request_id: 'req-12345678',
      ...(refused?.retryAfter === undefined ? {} : { retry_after: refused.retryAfter }),
    };
    return { ...shape, message: error.message, data: { ...shape.data, parley } };
  },
});

const trpcCodes = { 401: 'UNAUTHORIZED', 404: 'NOT_FOUND', 429: 'TOO_MANY_REQUESTS' } as const;

function answers(accounts: Accounts): {
  [P in ProcedurePath]?: (input: InputOf<P>, context: CallContext) => OutputOf<P>;
} {
  const profile = (userId: string) => ({
    id: userId,
    display_name: 'Mina',
    avatar_url: '',
    status_text: '',
    created_at: now,
    updated_at: now,
  });
  return {
    'auth.requestOtp': () => ({
      request_id: randomUUID(),
      message: 'A code was sent',
      expires_in_seconds: 300,
      otp_dev: '042137',
    }),
    'auth.verifyOtp': ({ phone, otp }) => {
      if (otp !== '042137') throw new Refused('OTP_INVALID');
      const { userId, pair } = accounts.signIn(phone);
      return { ...pair, user: { id: userId, phone, display_name: '', is_new_user: true } };
    },
    'auth.refresh': ({ refresh_token }) => accounts.rotate(refresh_token),
    'auth.logout': (_, { token }) => {
      accounts.revoke(accounts.check(token).userId);
      return { message: 'Signed out' };
    },
    'users.me': (_, { token }) => {
      const { userId } = accounts.check(token);
      return { ...profile(userId), phone: accounts.phones.get(userId) ?? '' };
    },
    'users.get': ({ id }, { token }) => {
      accounts.check(token);
      return profile(id);
    },
    'chats.create': (input, { token }) => {
      const others = input.type === 'direct' ? [input.participant_id] : input.participant_ids;
      const participants = [accounts.check(token).userId, ...others].map((user_id) => ({
        user_id,
        display_name: 'Mina',
        avatar_url: '',
        role: 'member' as const,
        joined_at: now,
      }));
      return {
        chat_id: randomUUID(),
        type: input.type,
        name: input.type === 'group' ? input.name : '',
        description: '',
        avatar_url: '',
        is_admin_only: false,
        auto_delete_seconds: 0,
        participant: input.type === 'direct' ? (participants[1] ?? null) : null,
        participants,
        is_member: true,
        last_message: null,
        unread_count: 0,
        is_muted: false,
        mute_until: null,
        is_pinned: false,
        created_at: now,
        updated_at: now,
        version: 0,
        state_version: 1,
      };
    },
    'messages.list': (_, { token }) => {
      accounts.check(token);
      return { messages: [], next_cursor: null, has_more: false };
    },
  };
}

/** Calls take their override if there is one at that moment. */
export function fakeRouter(accounts: Accounts, overrides: Overrides) {
  const known: Overrides = answers(accounts) as Overrides;
  const domains = Object.entries(procedures).map(([domain, group]) => {
    const members = Object.entries(group).map(([name, definition]) => {
      const path = `${domain}.${name}` as ProcedurePath;
      const resolve = async ({ input, ctx }: { input: unknown; ctx: CallContext }) => {
        const answer = overrides[path] ?? known[path];
        try {
          if (!answer) throw new Refused('NOT_FOUND', `${path} is not in the fake server`);
          return await answer(input, ctx);
        } catch (cause) {
          if (!(cause instanceof Refused)) throw cause;
          const { http } = errorCatalogue[cause.code];
          const code = trpcCodes[http as keyof typeof trpcCodes] ?? 'INTERNAL_SERVER_ERROR';
          throw new TRPCError({ code, message: cause.message, cause });
        }
      };
      const base = procedure.input(definition.input);
      return [name, definition.kind === 'query' ? base.query(resolve) : base.mutation(resolve)] as const;
    });
    return [domain, router(Object.fromEntries(members))] as const;
  });
  return router(Object.fromEntries(domains));
}
