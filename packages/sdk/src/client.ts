/// <reference lib="esnext.disposable" preserve="true" />
import type { InputOf, OutputOf } from '@parley/contract';
import type { Account } from './account/account.ts';
import { accountAnswered } from './account/answered.ts';
import {
  authApi,
  type Device,
  type SignedInUser,
  type SignInOptions,
  type SignOutResult,
  signIn,
  signOut,
} from './auth.ts';
import { Calls } from './calls.ts';
import type { Database } from './database/types.ts';
import { ParleyError } from './errors.ts';
import { exchangeTokens } from './exchange.ts';
import { type FetchLike, Http } from './http.ts';
import { unlessAborted } from './lib/abort.ts';
import { type Chunk, chunk } from './lib/chunk.ts';
import { type DebugLog, debugLog } from './lib/debug.ts';
import { quiet } from './lib/deferred.ts';
import { baseOf } from './lib/url.ts';
import { ClientFiles } from './media/client-files.ts';
import { MediaFiles } from './media/files.ts';
import { KnownMedia } from './media/known.ts';
import type { Transfers } from './media/transfers.ts';
import { Outbox } from './outbox/outbox.ts';
import {
  type Api,
  type AuthApi,
  type CallOptions,
  plainApi,
  type SyncApi,
  type UsersApi,
} from './procedures.ts';
import { Realtime } from './realtime/realtime.ts';
import type { TransportName, WebSocketClass } from './realtime/types.ts';
import { Session } from './session.ts';
import { memoryStorage, type TokenStorage } from './storage.ts';
import { Home } from './sync/home.ts';
import { defaultTiming, type Timing } from './timing.ts';
import { type Chats, chatsOf } from './view/chat-list.ts';
import { type Messages, messagesOf } from './view/message-list.ts';
import { Views } from './view/views.ts';

/** Settings of a client; only `url` is needed. */
export interface ClientOptions {
  /** Where Parley is, like `https://chat.example.org`; in a browser also relative to the page. A path in front is kept. */
  url: string | URL;
  /** Where tokens are kept; by default in memory, so that the session ends with the client. */
  storage?: TokenStorage | undefined;
  /**
   * Where chats, messages, drafts and what waits to be sent are kept, so that the next client shows them at once and goes on from
   * there; by default in memory alone. It is cleared when the session ends.
   */
  database?: Database | undefined;
  /**
   * Instead of the global `fetch`, for calls, uploads and downloads (not for the live connection). In browsers it cannot tell how far
   * an upload has come.
   */
  fetch?: FetchLike | undefined;
  /** What carries the live connection; by default `socket.io`. The build without Socket.IO has `websocket` alone. */
  transport?: TransportName | undefined;
  /** Instead of the platform's `WebSocket`, for the live connection; there is no fallback to long polling then. */
  WebSocket?: WebSocketClass | undefined;
  /** What this device is called in the user's list of sessions; sent when signing in. */
  device?: Device | undefined;
  /** `true` writes what happens to the console; a function gets it. Tokens, codes, phones and messages are never in it. */
  debug?: boolean | DebugLog | undefined;
}

/**
 * A client of one Parley server for one user at a time. All that it rejects with is a `ParleyError`. Close it when done:
 * `await using client = createClient(...)`, or `close()`.
 */
export class ParleyClient extends ClientFiles implements Api, AsyncDisposable {
  /** Signing in and out, step by step. */
  readonly auth: AuthApi;
  /** Profiles and presence. */
  readonly users: UsersApi;
  /** Calls about chats, and the list of the user's chats, kept up to date: `all`, `load()`, `subscribe()`. */
  readonly chats: Chats;
  /** Calls about messages; and as a function the messages of a chat, kept up to date: `client.messages(chatId)`. */
  readonly messages: Messages;
  /** What is the user's own besides chats, kept up to date: profile, privacy, contacts, blocks. */
  readonly account: Account;
  /** What was missed, for programs that keep their own state; the views need no such call. */
  readonly sync: SyncApi;
  /** The live connection: events, sending, receipts, typing, presence. */
  readonly realtime: Realtime;
  /** Resolves when the stored session was restored (or there was none); never rejects. Calls wait for it by themselves. */
  readonly ready: Promise<void>;
  /** Resolves when the views show what the database had for the restored session, before anything is asked for; never rejects. */
  readonly loaded: Promise<void>;

  /** Files: `upload`, `get`, `download`, `url`. */
  readonly media: MediaFiles;

  /** @internal */
  protected readonly transfers: Chunk<Transfers>;
  readonly #base: string;
  readonly #session: Session;
  readonly #views: Views;
  readonly #home: Home;
  readonly #closing = new AbortController();

  /** @internal Use `createClient`. */
  constructor(options: ClientOptions, timing: Timing) {
    super();
    const { storage = memoryStorage(), fetch, WebSocket, transport, device } = options;
    const debug = debugLog(options.debug);
    const url = new URL(options.url, typeof location === 'undefined' ? undefined : location.href);
    const closing = this.#closing.signal;
    const http = new Http({ url, fetch, debug, closing });
    const key = `parley:${url.origin}${url.pathname}`;
    const exchange = (refresh_token: string) => exchangeTokens(http, refresh_token, timing);
    const session = new Session({ storage, key, timing, debug, exchange });
    const calls = new Calls(http, session, timing, closing);
    const { users, chats, messages, media, sync } = plainApi(calls.procedure);
    const realtime = new Realtime({ url, session, timing, debug, WebSocket, transport });
    const known = new KnownMedia();
    this.transfers = chunk(
      () => import('./media/transfers.ts'),
      (module) => new module.Transfers({ url, fetch, calls, send: messages.send, timing, debug, closing }),
      closing,
    );
    this.media = new MediaFiles({
      api: media,
      transfers: this.transfers,
      known,
      changed: (chat) => this.#answered('chats.update', { id: chat.chat_id }, chat),
      resolve: (address) => this.resolve(address),
    });
    session.changes.add(() => {
      known.clear();
      this.transfers.now?.sender.clear();
    });
    const server = key.slice('parley:'.length);
    const { lanes } = realtime;
    const upload: MediaFiles['upload'] = (file, how) => this.media.upload(file, how);
    const outbox = new Outbox({ lanes, send: messages.send, upload, server, timing, debug });
    const store = chunk(
      () => import('./view/store.ts'),
      ({ openStore }) =>
        openStore(this.#views, {
          messages,
          realtime,
          outbox,
          known,
          call: (input, signal) => sync.changes(input, { signal }),
          tell: (input) => realtime.sync(input),
          ready: () => this.#home.ready(),
          timing,
          debug,
        }),
      closing,
    );
    const views = new Views({ chats, outbox, realtime, store, timing, closing });
    this.#views = views;
    this.#home = new Home({ database: options.database, session, views, outbox, server, timing, debug });
    calls.answered = (path, input, output) => this.#answered(path, input, output);
    this.#base = baseOf(url);
    this.#session = session;
    this.ready = session.ready;
    this.loaded = this.#home.ready();
    this.account = views.account;
    this.sync = sync;
    this.auth = authApi(calls, session, device);
    this.users = users;
    this.chats = chatsOf(chats, views);
    this.messages = messagesOf(messages, views);
    this.realtime = realtime;
  }

  /** The signed-in user's id; null if nobody is, and until `ready`. */
  get session(): string | null {
    return this.#session.userId;
  }

  /**
   * Calls back with the user's id when someone is signed in (restored, or in another tab), and with null when the session
   * ends: by signing out, or because the server refuses to go on with it. Returns what ends that.
   */
  onSession(callback: (userId: string | null) => void): () => void {
    return this.#session.changes.add(callback);
  }

  /**
   * Signs in: has a code sent to the phone, asks for it, and starts a session. Errors: those of `auth.requestOtp` and
   * `auth.verifyOtp`, and what `requestCode` throws.
   */
  signIn(options: SignInOptions): Promise<SignedInUser> {
    return signIn(this.auth, options);
  }

  /**
   * Signs out on the server and here. Without a network it signs out here all the same and answers `revoked: false`. With
   * `allDevices` it rejects then, and stays signed in so that it can be tried again.
   */
  signOut({ allDevices = false }: { allDevices?: boolean | undefined } = {}): Promise<SignOutResult> {
    return signOut(this.auth, this.#session, allDevices);
  }

  /** An absolute address of what the server tells as a path on itself, like an `avatar_url`; others, and none at all, stay. */
  resolve(url: string): string {
    return url.startsWith('/') ? this.#base + url : url;
  }

  /** Has pushes sent to this device: `users.setFcmToken`. */
  setPushToken(
    input: InputOf<'users.setFcmToken'>,
    options?: CallOptions,
  ): Promise<OutputOf<'users.setFcmToken'>> {
    return this.users.setFcmToken(input, options);
  }

  /** Ends pushes to this device: `users.deleteFcmToken`. */
  removePushToken(options?: CallOptions): Promise<OutputOf<'users.deleteFcmToken'>> {
    return this.users.deleteFcmToken({}, options);
  }

  /**
   * Resolves when `client.chats`, `client.account` and the views of `client.messages(chatId)` say what the server said last: all that was
   * missed, or could not be told from an event alone, has been synced. Does not wait for events that are on their way, nor for
   * messages that are being sent. While the network is away it waits; the signal ends that.
   */
  settled({ signal }: CallOptions = {}): Promise<void> {
    return quiet(unlessAborted(this.#views.settled(), signal));
  }

  /**
   * Disconnects, ends calls under way and rejects messages that wait (`ABORTED`). Stored tokens, and what the database has,
   * are kept. Resolves when a
   * refresh under way has been stored, which takes seconds where the network is away.
   */
  async close(): Promise<void> {
    this.realtime.close();
    const left = this.#home.close();
    this.#views.close();
    this.#closing.abort(new ParleyError('ABORTED', 'The client was closed'));
    await Promise.all([this.#session.close(), left]);
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Before there is a store only what is the user's own can be shown. */
  #answered(path: string, input: unknown, output: unknown): void {
    const { store, account } = this.#views;
    if (store) store.answered(path, input, output);
    else accountAnswered(account, path, output);
  }
}

/**
 * Makes a client. A stored session is restored in the background (`ready`); nothing is sent until the first call.
 *
 * Throws a `TypeError` where `url` cannot be read.
 */
export function createClient(options: ClientOptions): ParleyClient {
  return new ParleyClient(options, defaultTiming);
}
