/**
 * The outbox: what a person sends, kept in the client's database until the server has stored it. A message is written there before
 * anything of it is sent, always goes with the same `client_msg_id`, and is deleted there when it was stored: whenever the program
 * ends, the next one sends the rest, each once, in the order of the calls per chat.
 *
 * It belongs to one user: `start` when the session is there, `stop` when it ends or the client is closed. What is given before
 * `start` waits for it.
 */
import type { Records } from '../database/types.ts';
import { ParleyError } from '../errors.ts';
import { abortError, onAbort } from '../lib/abort.ts';
import type { DebugLog } from '../lib/debug.ts';
import { quiet } from '../lib/deferred.ts';
import { Listeners } from '../lib/listeners.ts';
import { randomUuid } from '../lib/uuid.ts';
import type { MediaFiles } from '../media/files.ts';
import type { UploadFile } from '../media/types.ts';
import type { CallOptions, MessagesApi } from '../procedures.ts';
import type { Draft, Sent } from '../realtime/types.ts';
import type { Timing } from '../timing.ts';
import { describe, type OutboxFileOptions } from './file.ts';
import { type Given, Job, promised } from './job.ts';
import { frameOf, type Lanes, usedId } from './lanes.ts';
import { Life } from './life.ts';
import type { OutboxItem } from './types.ts';
import { OutboxUploads } from './uploads.ts';

export interface OutboxParts {
  /** Those of `Realtime`: all that is sent to a chat goes through the same. */
  readonly lanes: Lanes;
  /** Sends over HTTP, while the live connection is not asked for. */
  readonly send: MessagesApi['send'];
  readonly upload: MediaFiles['upload'];
  /** The server, as in the account of `Database.open`. */
  readonly server: string;
  readonly timing: Timing;
  readonly debug: DebugLog;
}

/** Messages that may wait in one client. */
const most = 1000;
const none: readonly OutboxItem[] = [];

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #uploads: OutboxUploads;
  readonly #jobs = new Map<string, Job>();
  readonly #changes = new Listeners<string>();
  /** Snapshots by chat. */
  readonly #items = new Map<string, readonly OutboxItem[]>();
  #life: Life;
  /** Why nothing can be given; null where something can. */
  #stopped: ParleyError | null = null;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    parts.lanes.road.post = parts.send;
    this.#uploads = new OutboxUploads(parts.lanes.road, parts.upload, parts.timing);
    this.#life = this.#begin();
  }

  /** Resolves when what was left in the database is here; never rejects. Pending until `start`. */
  get ready(): Promise<void> {
    return this.#life.opened.promise;
  }

  /** What waits or failed in a chat, in its order. A snapshot: the same reference as long as nothing changed. */
  items(chatId: string): readonly OutboxItem[] {
    const id = chatId.toLowerCase();
    let items = this.#items.get(id);
    if (!items) {
      const jobs = [...this.#jobs.values()].filter((job) => job.chatId === id);
      const place = ({ record }: Job) => record.place || Number.POSITIVE_INFINITY;
      jobs.sort((one, other) => (place(one) === place(other) ? 0 : place(one) - place(other)));
      items = jobs.length > 0 ? jobs.map(({ item }) => item) : none;
      this.#items.set(id, items);
    }
    return items;
  }

  /** Calls back with a chat's id when its items changed; returns what ends that. */
  onChange(callback: (chatId: string) => void): () => void {
    return this.#changes.add(callback);
  }

  /**
   * Sends a message, which shows in `items` at once; resolves when the server has stored it. It waits out lost networks, time-outs, rate
   * limits, a server in trouble, and restarts of the program (then nobody hears of this promise any more). The signal drops a message
   * that was not handed to the server yet. The promise may be ignored. Errors, after which the item is `failed`: those of
   * `messages.send`, `INTERNAL_ERROR` (8 times in a row), `SERVICE_UNAVAILABLE` (this device's database refuses it; nothing was sent).
   * Without an item: `PAYLOAD_TOO_LARGE` (64 KB), `CONFLICT` (the id is used), `TOO_MANY_REQUESTS` (1,000 wait), `UNAUTHORIZED`,
   * `ABORTED`.
   */
  send(draft: Draft, { signal }: CallOptions = {}): Promise<Sent> {
    return this.#try(signal, () => {
      const { client_msg_id, chat_id, type, payload, reply_to_message_id = null } = frameOf(draft);
      const fields = { chat_id, client_msg_id, type, payload: { ...payload }, reply_to_message_id };
      return this.#take({ ...fields, file: null }, null, signal);
    });
  }

  /**
   * Uploads a file, two at a time, and sends it; what is sent to the chat later waits for it. A file of at most 64 MB is kept over
   * restarts, where the database takes it; another one fails then with `BAD_REQUEST`, and can be given again with its `clientMsgId`.
   * Streams are read into memory for that. Errors: those of `send` and of `media.upload`.
   */
  sendFile(chatId: string, file: UploadFile, options: OutboxFileOptions = {}): Promise<Sent> {
    const { signal, replyTo = null, clientMsgId = randomUuid() } = options;
    return this.#try(signal, () => {
      const { type, payload, described, file: given } = describe(file, options);
      const client_msg_id = clientMsgId.toLowerCase();
      const fields = { chat_id: chatId, client_msg_id, type, payload, reply_to_message_id: replyTo };
      return this.#take({ ...fields, file: described }, given, signal);
    });
  }

  /** Tries one that failed again, in its old place. The promise is as that of `send`. Errors: `NOT_FOUND` (there is none). */
  retry(clientMsgId: string): Promise<Sent> {
    return this.#try(undefined, () => {
      const job = this.#jobs.get(clientMsgId.toLowerCase());
      if (!job) throw new ParleyError('NOT_FOUND', 'There is no such message on its way');
      if (job.error) {
        job.error = null;
        job.sent = promised();
        job.set({ error: null });
        this.#changed(job);
        void this.#life.add(job);
      }
      return job;
    });
  }

  /**
   * Takes a message away, whether it waits, is being uploaded or failed; its `send` rejects with `ABORTED`. One that was handed to the
   * server may arrive all the same. Resolves when the database has forgotten it. Errors: `SERVICE_UNAVAILABLE` (the database).
   */
  drop(clientMsgId: string): Promise<void> {
    const job = this.#jobs.get(clientMsgId.toLowerCase());
    if (!job) return Promise.resolve();
    return quiet(this.#life.remove(job, new ParleyError('ABORTED', 'The message was dropped')));
  }

  /** Hears that the server has stored a message, from an event or a sync; `sent`, where it is known, resolves its promise. */
  accepted(clientMsgId: string, sent?: Sent): void {
    const job = this.#jobs.get(clientMsgId.toLowerCase());
    if (job) this.#life.stored(job, sent);
  }

  /** Somebody is signed in: what is given waits for `start` from now on. */
  resume(): void {
    if (this.#stopped) this.#life = this.#begin();
    this.#stopped = null;
  }

  /** Begins with a user's records, in place of those before; resolves as `ready` does. */
  start(records: Records, userId: string): Promise<void> {
    if (this.#life.begun) this.stop(new ParleyError('ABORTED', 'The outbox was started again'));
    this.resume();
    void this.#life.open(records, `${this.#parts.server}|${userId}`);
    return this.ready;
  }

  /** Ends all work for this user; promises reject with the reason. The records keep what waits (see `Records.clear`). */
  stop(reason: ParleyError): void {
    this.#stopped = reason;
    this.#life.end(reason);
  }

  #begin(): Life {
    const { lanes, debug } = this.#parts;
    const changed = (job: Job) => this.#changed(job);
    return new Life({ lanes, uploads: this.#uploads, debug, jobs: this.#jobs, changed });
  }

  #changed(job: Job): void {
    this.#items.delete(job.chatId);
    this.#changes.emit(job.chatId);
  }

  #try(signal: AbortSignal | undefined, take: () => Job): Promise<Sent> {
    try {
      if (signal?.aborted) throw abortError(signal);
      if (this.#stopped) throw this.#stopped;
      return take().sent.promise;
    } catch (error) {
      return quiet(Promise.reject(error));
    }
  }

  #take(given: Given, file: UploadFile | null, signal: AbortSignal | undefined): Job {
    const known = this.#jobs.get(given.client_msg_id);
    if (known && !known.error) {
      if (known.says(given)) return known;
      throw usedId();
    }
    const waiting = [...this.#jobs.values()].filter(({ error }) => !error).length;
    if (waiting >= most)
      throw new ParleyError('TOO_MANY_REQUESTS', `${most} messages wait to be sent: try again later`);
    const unsent = { tab: '', place: known?.record.place ?? 0, media: null, uploaded_at: 0, error: null };
    const job = new Job({ ...unsent, ...given, created_at: new Date().toISOString() }, file);
    this.#jobs.set(job.id, job);
    this.#changed(job);
    const forget = onAbort(signal, () => {
      if (signal && !job.entry?.emitted) quiet(this.#life.remove(job, abortError(signal)));
    });
    quiet(job.sent.promise.finally(forget));
    void this.#life.add(job);
    return job;
  }
}
