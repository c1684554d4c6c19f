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
  /** Where the user is signed in: sessions that can still be renewed, the last active first. */
  sessions: Procedure<'auth.sessions'>;
  /**
   * Signs out another of the user's sessions, as `logout` there would; to end one's own, `logout` also forgets it here. Again changes
   * nothing. Errors: `NOT_FOUND` (also for a session of somebody else), `SERVICE_UNAVAILABLE`.
   */
  endSession: Procedure<'auth.endSession'>;
}

/** Contract section 2, Users. */
export interface UsersApi {
  /** The signed-in user's own profile, with the phone number. */
  me: Procedure<'users.me'>;
  /** Changes the given fields: `display_name` ≤ 64 characters, `status_text` ≤ 140, `avatar_url`. Errors: `VALIDATION_ERROR`. */
  updateMe: Procedure<'users.updateMe'>;
  /** Who sees what of the signed-in user; `contacts` means those who are in the user's contacts. */
  getPrivacy: Procedure<'users.getPrivacy'>;
  /** Changes the given settings and answers all of them. `read_receipts: false` works both ways, except in groups. */
  updatePrivacy: Procedure<'users.updatePrivacy'>;
  /**
   * Finds out which of 1 to 1,000 phone numbers are here; those become contacts. Spaces, dashes, dots and brackets are ignored,
   * and so is what is no phone number then. Errors: `TOO_MANY_REQUESTS` (5 calls a minute), `VALIDATION_ERROR`.
   */
  syncContacts: Procedure<'users.syncContacts'>;
  /** The signed-in user's contacts, by name. */
  contacts: Procedure<'users.contacts'>;
  /** Someone's profile: no phone; photo and status text are empty where privacy hides them. Errors: `NOT_FOUND`. */
  get: Procedure<'users.get'>;
  /** Whether someone is online and when last seen; both null where hidden. Errors: `NOT_FOUND`. */
  presence: Procedure<'users.presence'>;
  /**
   * Blocks someone: neither can message the other directly, nor see presence, photo or status text of the other; groups go on.
   * Again changes nothing. Errors: `NOT_FOUND`, `BAD_REQUEST` (oneself).
   */
  block: Procedure<'users.block'>;
  /** Ends a block; what was refused meanwhile does not come after. Again changes nothing. Errors: `NOT_FOUND`, `BAD_REQUEST`. */
  unblock: Procedure<'users.unblock'>;
  /**
   * Has pushes sent to this device: one token per session, a new one takes the place of the one before, and one belongs to whoever
   * registered it last. It goes when the session ends. Contract section 6. Errors: `VALIDATION_ERROR`.
   */
  setFcmToken: Procedure<'users.setFcmToken'>;
  /** Ends pushes to this device; answers whether there was a token. */
  deleteFcmToken: Procedure<'users.deleteFcmToken'>;
}

/** Contract section 2, Chats. */
export interface ChatsApi {
  /**
   * A page of the user's chats, pinned first, then by activity: 20, or `limit` ≤ 100. Chats that move meanwhile are neither
   * listed twice nor left out. Errors: `BAD_REQUEST` (cursor).
   */
  list: Procedure<'chats.list'>;
  /**
   * Opens the direct chat with a user (there is one per pair, whoever asks first), or makes a group of which the caller is
   * admin: `name` ≤ 100 characters, `description` ≤ 512, 1 to 255 others. Errors: `BAD_REQUEST` (oneself), `NOT_FOUND`.
   */
  create: Procedure<'chats.create'>;
  /** One chat with its participants. Errors: `CHAT_NOT_FOUND` (also where one has never been a member). */
  get: Procedure<'chats.get'>;
  /**
   * Changes the given fields of a group, as its admin. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `FORBIDDEN`
   * (a direct chat).
   */
  update: Procedure<'chats.update'>;
  /**
   * Adds people to a group, as its admin; they see messages from then on. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`,
   * `NOT_ADMIN`, `FORBIDDEN` (a direct chat), `NOT_FOUND` (one of them), `CONFLICT` (more than 256 members).
   */
  addParticipants: Procedure<'chats.addParticipants'>;
  /**
   * Removes someone from a group, as its admin, or oneself, to leave it. Who is gone keeps the history up to then. Errors:
   * `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `FORBIDDEN`, `NOT_FOUND`, `LAST_ADMIN` (promote another one first).
   */
  removeParticipant: Procedure<'chats.removeParticipant'>;
  /**
   * Promotes or demotes a member, as an admin. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `FORBIDDEN`,
   * `NOT_FOUND`, `LAST_ADMIN`.
   */
  setRole: Procedure<'chats.setRole'>;
  /** Mutes a chat for oneself, until `mute_until` or for ever, or unmutes it. Errors: `CHAT_NOT_FOUND`. */
  mute: Procedure<'chats.mute'>;
  /** Pins a chat to the top of one's own list, or unpins it. Errors: `CHAT_NOT_FOUND`. */
  pin: Procedure<'chats.pin'>;
  /**
   * Lets messages sent from now on disappear after a day, a week or 90 days (in seconds), or never (0): either one of a direct
   * chat, an admin of a group. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `USER_BLOCKED`.
   */
  setDisappearing: Procedure<'chats.setDisappearing'>;
}

/** Contract section 2, Messages. */
export interface MessagesApi {
  /**
   * A page of history, newest first: 50 messages, or `limit` ≤ 100; `next_cursor` is the `cursor` of the next older page, or, of a page
   * that began `after` a message, the `after` of the next newer one.
   * Errors: `CHAT_NOT_FOUND`, `BAD_REQUEST` (cursor).
   */
  list: Procedure<'messages.list'>;
  /**
   * Sends one message over HTTP, once: nothing is queued or repeated (`client.realtime.send` does that). Repeat it with the
   * same `client_msg_id` and it is stored once. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `USER_BLOCKED`,
   * `NOT_FOUND` (reply or media), `CONFLICT` (the id was used for another message).
   */
  send: Procedure<'messages.send'>;
  /** Moves the read position up to a message, never back; answers what is still unread. Errors: `CHAT_NOT_FOUND`, `NOT_FOUND`. */
  markRead: Procedure<'messages.markRead'>;
  /**
   * Searches a chat: words or beginnings of words (≤ 256 characters), all of which must be there; case and accents do not
   * count. Newest first, 20 or `limit` ≤ 50. Errors: `CHAT_NOT_FOUND`, `BAD_REQUEST` (cursor).
   */
  searchChat: Procedure<'messages.searchChat'>;
  /** Searches all of the user's chats, as `searchChat` does one. Errors: `BAD_REQUEST` (cursor). */
  search: Procedure<'messages.search'>;
  /** Messages that the user starred, the one starred last first: 20, or `limit` ≤ 50. Errors: `BAD_REQUEST` (cursor). */
  starred: Procedure<'messages.starred'>;
  /**
   * Deletes a message for oneself (any that one sees), or with `for: 'everyone'` for all (its sender, or an admin of the group).
   * Again changes nothing. Errors: `NOT_FOUND`, `NOT_CHAT_MEMBER`, `FORBIDDEN`.
   */
  delete: Procedure<'messages.delete'>;
  /**
   * Replaces the text of one's own message, or the caption of a file, within 15 minutes of sending. Errors: `NOT_FOUND`,
   * `NOT_CHAT_MEMBER`, `FORBIDDEN` (another's, too late), `USER_BLOCKED`, `NOT_ADMIN`.
   */
  edit: Procedure<'messages.edit'>;
  /**
   * Forwards a message to 1 to 20 chats, to all of them or none. Errors: `NOT_FOUND`, `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`,
   * `FORBIDDEN`, `NOT_ADMIN`, `USER_BLOCKED`.
   */
  forward: Procedure<'messages.forward'>;
  /** Stars a message for oneself; again changes nothing. Errors: `NOT_FOUND`. */
  star: Procedure<'messages.star'>;
  /** Takes the star off again. Errors: `NOT_FOUND`. */
  unstar: Procedure<'messages.unstar'>;
  /**
   * Reacts with one emoji, in place of an earlier one, and answers all reactions. Errors: `NOT_FOUND`, `NOT_CHAT_MEMBER`,
   * `FORBIDDEN`, `USER_BLOCKED`.
   */
  react: Procedure<'messages.react'>;
  /** Takes one's reaction back. Errors: those of `react`. */
  unreact: Procedure<'messages.unreact'>;
  /**
   * Who got and who read one's own message, and when. In a direct chat reads are left out where either keeps them private.
   * Errors: `NOT_FOUND`, `FORBIDDEN` (another's message).
   */
  receipts: Procedure<'messages.receipts'>;
}

/** Contract section 2, Media. */
export interface MediaApi {
  /**
   * A file with fresh addresses, which work for an hour, for its uploader and those who see a message that carries it. Errors:
   * `NOT_FOUND`.
   */
  get: (media: string | InputOf<'media.get'>, options?: CallOptions) => Promise<OutputOf<'media.get'>>;
}

/** Contract section 2, Sync. */
export interface SyncApi {
  /**
   * A page of everything that changed after the given numbers, as it is now: 200 changes and messages, or `limit` ≤ 500. Begin with
   * `{ chats: {} }`; the numbers of an answer go into the next call, at once where `has_more` is true. Applying an answer twice changes
   * nothing; `reset` means to forget what is held and begin with what came. Chats at most: 10,000. Errors: `PAYLOAD_TOO_LARGE` (1 MiB).
   */
  changes: Procedure<'sync.changes'>;
}

/** All domains. */
export interface Api {
  /** Signing in and out, step by step. */
  readonly auth: AuthApi;
  /** Profiles, privacy, contacts, blocks, pushes. */
  readonly users: UsersApi;
  /** Chats and their members. */
  readonly chats: ChatsApi;
  /** Sending, history, search, marks. */
  readonly messages: MessagesApi;
  /** Files. */
  readonly media: MediaApi;
  /** What was missed. */
  readonly sync: SyncApi;
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
  const getMedia = procedure('media.get');
  return {
    users: {
      me: procedure('users.me'),
      updateMe: procedure('users.updateMe'),
      getPrivacy: procedure('users.getPrivacy'),
      updatePrivacy: procedure('users.updatePrivacy'),
      syncContacts: procedure('users.syncContacts'),
      contacts: procedure('users.contacts'),
      get: procedure('users.get'),
      presence: procedure('users.presence'),
      block: procedure('users.block'),
      unblock: procedure('users.unblock'),
      setFcmToken: procedure('users.setFcmToken'),
      deleteFcmToken: procedure('users.deleteFcmToken'),
    },
    chats: {
      list: procedure('chats.list'),
      create: procedure('chats.create'),
      get: procedure('chats.get'),
      update: procedure('chats.update'),
      addParticipants: procedure('chats.addParticipants'),
      removeParticipant: procedure('chats.removeParticipant'),
      setRole: procedure('chats.setRole'),
      mute: procedure('chats.mute'),
      pin: procedure('chats.pin'),
      setDisappearing: procedure('chats.setDisappearing'),
    },
    messages: {
      list: procedure('messages.list'),
      send: procedure('messages.send'),
      markRead: procedure('messages.markRead'),
      searchChat: procedure('messages.searchChat'),
      search: procedure('messages.search'),
      starred: procedure('messages.starred'),
      delete: procedure('messages.delete'),
      edit: procedure('messages.edit'),
      forward: procedure('messages.forward'),
      star: procedure('messages.star'),
      unstar: procedure('messages.unstar'),
      react: procedure('messages.react'),
      unreact: procedure('messages.unreact'),
      receipts: procedure('messages.receipts'),
    },
    sync: {
      changes: procedure('sync.changes'),
    },
    media: {
      get: (media, options) => getMedia(typeof media === 'string' ? { id: media } : media, options),
    },
  };
}
