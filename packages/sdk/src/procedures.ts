/** The procedures as members of the client. Each type comes from the contract's schemas; a test holds this list against it. */
import type { InputOf, OutputOf, ProcedurePath } from '@parley/contract';

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call: it rejects with `ABORTED`. A change that the server has already begun may still happen. */
  signal?: AbortSignal | undefined;
}

/** A procedure as a function; the input may be left out where none of its fields is required. */
export type Procedure<P extends ProcedurePath> =
  Record<never, never> extends InputOf<P>
    ? (input?: InputOf<P>, options?: CallOptions) => Promise<OutputOf<P>>
    : (input: InputOf<P>, options?: CallOptions) => Promise<OutputOf<P>>;

/** Contract section 2, Auth. */
export interface AuthApi {
  /**
   * Sends a 6-digit code to a phone (E.164, like `+491511234567`); it can be used for 5 minutes. At most 3 per phone in
   * 5 minutes. Errors: `TOO_MANY_REQUESTS`, `OTP_MAX_ATTEMPTS`, `SERVICE_UNAVAILABLE`, `VALIDATION_ERROR`.
   */
  requestOtp: Procedure<'auth.requestOtp'>;
  /**
   * Signs in with the code and stores the tokens; makes the user if the phone is new. Without a `device` the client's is
   * sent. Errors: `OTP_INVALID`, `OTP_EXPIRED`, `OTP_MAX_ATTEMPTS` (5 wrong codes lock the phone), `SERVICE_UNAVAILABLE`.
   */
  verifyOtp: Procedure<'auth.verifyOtp'>;
  /**
   * Exchanges the refresh token for a new pair and stores it; rarely needed, since the client does so by itself. Takes the
   * stored token, or one brought from elsewhere, which begins its session here. Errors: `UNAUTHORIZED` (the session is over),
   * `TOKEN_INVALID` and `TOKEN_EXPIRED` (of the one from elsewhere), `SERVICE_UNAVAILABLE`.
   */
  refresh: (input?: InputOf<'auth.refresh'>, options?: CallOptions) => Promise<OutputOf<'auth.refresh'>>;
  /**
   * Ends the session on the server (`all_devices`: all of the user's), then here. `client.signOut` is the same for people
   * without a network. Errors: `SERVICE_UNAVAILABLE`.
   */
  logout: Procedure<'auth.logout'>;
}

/** Contract section 2, Users. */
export interface UsersApi {
  /** The signed-in user's own profile, with the phone number. */
  me: Procedure<'users.me'>;
  /** Changes the given fields: `display_name` ≤ 64 characters, `status_text` ≤ 140, `avatar_url`. Errors: `VALIDATION_ERROR`. */
  updateMe: Procedure<'users.updateMe'>;
  /** Someone's profile: no phone; photo and status text are empty where privacy hides them. Errors: `NOT_FOUND`. */
  get: Procedure<'users.get'>;
  /** Whether someone is online and when last seen; both null where hidden. Errors: `NOT_FOUND`. */
  presence: Procedure<'users.presence'>;
}

/** Contract section 2, Chats. */
export interface ChatsApi {
  /** Opens the direct chat with a user; there is one per pair, whoever asks first. Errors: `BAD_REQUEST` (oneself), `NOT_FOUND`. */
  create: Procedure<'chats.create'>;
  /** One chat with its participants. Errors: `CHAT_NOT_FOUND` (also where one has never been a member). */
  get: Procedure<'chats.get'>;
}

/** Contract section 2, Messages. */
export interface MessagesApi {
  /**
   * A page of history, newest first: 50 messages, or `limit` ≤ 100; `next_cursor` is the `cursor` of the next older page.
   * Errors: `CHAT_NOT_FOUND`, `BAD_REQUEST` (cursor).
   */
  list: Procedure<'messages.list'>;
  /**
   * Sends one message over HTTP, once: nothing is queued or repeated (`client.realtime.send` does that). Repeat it with the
   * same `client_msg_id` and it is stored once. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `USER_BLOCKED`, `NOT_FOUND`
   * (reply or media), `CONFLICT` (the id was used for another message).
   */
  send: Procedure<'messages.send'>;
  /** Moves the read position up to a message, never back; answers what is still unread. Errors: `CHAT_NOT_FOUND`, `NOT_FOUND`. */
  markRead: Procedure<'messages.markRead'>;
}

/** All domains. */
export interface Api {
  readonly auth: AuthApi;
  readonly users: UsersApi;
  readonly chats: ChatsApi;
  readonly messages: MessagesApi;
}

/** Procedures that need no token; a test holds them against the contract. */
export const openProcedures: ReadonlySet<ProcedurePath> = new Set<ProcedurePath>([
  'auth.requestOtp',
  'auth.verifyOtp',
  'auth.refresh',
]);

/** Makes a procedure of its path. */
export type MakeProcedure = <P extends ProcedurePath>(path: P) => Procedure<P>;

/** All domains but `auth`, whose procedures also touch the session. */
export function plainApi(procedure: MakeProcedure): Omit<Api, 'auth'> {
  return {
    users: {
      me: procedure('users.me'),
      updateMe: procedure('users.updateMe'),
      get: procedure('users.get'),
      presence: procedure('users.presence'),
    },
    chats: {
      create: procedure('chats.create'),
      get: procedure('chats.get'),
    },
    messages: {
      list: procedure('messages.list'),
      send: procedure('messages.send'),
      markRead: procedure('messages.markRead'),
    },
  };
}
