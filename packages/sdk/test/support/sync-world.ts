/** A client's store between a model of the server and a network and a database of its own, whose every step a test decides. */
import type { Message, SyncInput, SyncResult } from '@parley/contract';
import { expect } from 'vitest';
import { memoryDatabase } from '../../src/database/memory.ts';
import type { Database, RecordChange } from '../../src/database/types.ts';
import { ParleyError } from '../../src/errors.ts';
import { deferred } from '../../src/lib/deferred.ts';
import { KnownMedia } from '../../src/media/known.ts';
import type { Keeper } from '../../src/sync/keeper.ts';
import { defaultTiming } from '../../src/timing.ts';
import type { Entry } from '../../src/view/entry.ts';
import { readUpTo } from '../../src/view/intake.ts';
import type { RoomEvent } from '../../src/view/room.ts';
import { openStore, type Store, type StoreParts } from '../../src/view/store.ts';
import { Views, type ViewsParts } from '../../src/view/views.ts';
import { ChatModel } from './chat-model.ts';

/** Nothing is planned by time: `settled` does it at once. */
const timing = {
  ...defaultTiming,
  gapMs: 1e6,
  refetchLaterMs: 1e6,
  refetchMs: 0,
  refetchMaxMs: 0,
  backoffMs: 1,
};

/** A promise that a test lets go. */
interface Held {
  readonly release: () => void;
}

export interface SyncWorldOptions {
  /** The server counts after it has read the numbers, as late as the answer leaves. */
  readonly torn?: boolean;
  /** Changes and messages in an answer. */
  readonly limit?: number;
  /** Messages of long ago. */
  readonly filled?: number;
}

export class SyncWorld {
  readonly model = new ChatModel();
  readonly chatId = this.model.chat().chat_id;
  readonly database = new FailingDatabase();
  readonly asked: SyncInput[] = [];
  /** How many pages were asked for. */
  pages = 0;
  store: Store;
  keeper: Keeper<Entry | null>;
  online = true;
  readonly #options: SyncWorldOptions;
  readonly #seen: RoomEvent[] = [];
  #held: Held[] = [];
  /** Whether answers wait for `answer`. */
  #holding = false;
  #listeners = new Map<string, (data: unknown) => void>();
  #stored: (told: unknown) => void = () => {};

  constructor(options: SyncWorldOptions = {}) {
    this.#options = options;
    this.model.fill(this.model.everyone[1] ?? '', options.filled ?? 0);
    [this.store, this.keeper] = this.#start();
  }

  get entry(): Entry {
    return this.store.entry(this.chatId);
  }

  /** The first sync, and the newest messages. */
  async load(): Promise<void> {
    await this.keeper.ready;
    await this.store.load();
    this.entry.shown = true;
    await this.store.pager.fill(this.entry);
    await this.settle();
  }

  /** Asks for all that is in doubt, and for no more than its answers. */
  async settle(): Promise<void> {
    this.#holding = false;
    this.answer();
    await this.#due();
  }

  /** Begins to ask for what is in doubt; the answers wait. */
  begin(): void {
    this.#holding = true;
    void this.#due();
  }

  /** Begins to fetch an older page; it waits, too. */
  older(): void {
    this.#holding = true;
    void this.store.pager.older(this.entry, 3).catch(() => {});
  }

  /** Begins to fetch a newer page; it waits, too. */
  newer(): void {
    this.#holding = true;
    void this.store.pager.newer(this.entry).catch(() => {});
  }

  /** Begins to go to a message; the pages wait, too. */
  goTo(messageId: string): Promise<boolean> {
    this.#holding = true;
    const reached = this.store.pager.reach(this.entry, messageId, undefined);
    reached.catch(() => {});
    return reached;
  }

  /** Pages forward to the newest message. */
  async toEnd(): Promise<void> {
    while (this.entry.room.history?.newer) await this.store.pager.newer(this.entry);
  }

  /** Lets the answers come that wait, or the first. */
  answer(count = Number.POSITIVE_INFINITY): void {
    for (const { release } of this.#held.splice(0, count)) release();
  }

  /** The next event comes. */
  deliver(): void {
    const event = this.model.told.shift();
    if (!event) return;
    this.#seen.push(event);
    this.take(event);
  }

  deliverAll(): void {
    while (this.model.told.length > 0) this.deliver();
  }

  /** An event of before comes again. */
  again(back: number): void {
    const event = this.#seen.at(-1 - back);
    if (event && !isAnswer(event)) this.take(event);
  }

  lose(): void {
    // What a call has answered is not lost.
    if (this.model.told[0] && !isAnswer(this.model.told[0])) this.model.told.shift();
  }

  swap(): void {
    const [first, second] = this.model.told;
    if (first && second) this.model.told.splice(0, 2, second, first);
  }

  take(event: RoomEvent): void {
    if (event.type === 'sent') this.#stored({ frame: event.frame, sent: event.data });
    else if (event.type === 'read') {
      const message = this.model.messages[event.data.seq - 1];
      readUpTo(this.store, this.chatId, message?.message_id ?? '', event.data.unread ?? 0);
    } else if (event.type === 'delivered') this.store.take(this.chatId, event);
    else this.#listeners.get(event.type)?.(event.data);
  }

  /** The connection is lost with all that was on its way, and comes back. */
  reconnect(): void {
    this.model.told.length = 0;
    this.store.connected(true);
  }

  /** The program ends without a word, and begins anew with what the database has. */
  async crash(): Promise<void> {
    this.store.sync.stop(new ParleyError('ABORTED'));
    this.#held = [];
    this.#seen.length = 0;
    this.model.told.length = 0;
    [this.store, this.keeper] = this.#start();
    await this.keeper.ready;
    this.#holding = false;
    this.entry.shown = true;
    this.store.views.use();
    this.store.connected(true);
  }

  /** What the client holds is what the server says of the same. */
  compare(): void {
    const { room } = this.entry;
    const { participants: members, ...summary } = this.model.chat();
    expect(room.chat?.is_member).toBe(summary.is_member);
    expect(this.store.user).toBe(this.model.userVersion);
    // Who has left learns nothing more.
    if (!summary.is_member) return;
    expect(room.chat).toEqual(summary);
    const byId = <P extends { user_id: string }>(people: readonly P[]) =>
      people.toSorted((a, b) => (a.user_id < b.user_id ? -1 : 1));
    expect(byId(room.participants)).toEqual(byId(members));
    const { history } = room;
    if (!history) return;
    const page = this.model.page(null, Math.max(1, history.messages.length));
    expect(this.#toldOf(history.messages)).toEqual(this.#toldOf(page.messages));
    // What was older may have been deleted by this user meanwhile: then the next page is empty.
    if (history.older === null) expect(page.older).toBe(null);
  }

  /** What becomes of a message that the user deleted for itself is told by events alone, also to those that quote it. */
  #toldOf(messages: readonly Message[]): Message[] {
    return messages.map((message) => {
      const { reply_to_preview: quote } = message;
      if (!quote || !this.model.hides(quote.message_id)) return message;
      return { ...message, reply_to_preview: { ...quote, preview: '' } };
    });
  }

  /** What is planned, and nothing else: `Store.settled` would ask for everything. */
  async #due(): Promise<void> {
    const { sync, pager } = this.store;
    while ((await sync.settled()) || (await pager.settled())) {}
  }

  #start(): [Store, Keeper<Entry | null>] {
    this.#listeners = new Map();
    const none = { add: () => {} };
    const realtime = {
      status: 'online',
      on: () => {},
      hear: (event: string, callback: (data: unknown) => void) => this.#listeners.set(event, callback),
      onStatus: () => {},
      receipted: none,
      lanes: { stored: { add: (callback: (told: unknown) => void) => (this.#stored = callback) } },
    };
    const outbox = { items: () => [], onChange: () => {}, accepted: () => {} };
    const opened: { now: Store | null } = { now: null };
    // What of all this they do not use is not here.
    const views = new Views({ outbox, realtime, timing, store: opened } as unknown as ViewsParts);
    const parts = {
      messages: { list: (input: { limit: number }) => this.#page(input) },
      realtime,
      outbox,
      known: new KnownMedia(),
      call: (input: SyncInput) => this.#sync(input),
      tell: (input: SyncInput) => this.#sync(input),
      ready: () => this.keeper.ready,
      timing,
      debug: () => {},
    };
    const store = openStore(views, parts as unknown as StoreParts);
    opened.now = store;
    views.start(this.model.me);
    const { database } = this;
    const keeper = store.keep({ database, writeMs: 1e6, debug: () => {}, locks: undefined }, 'account');
    views.keeper = keeper;
    return [store, keeper];
  }

  async #sync(input: SyncInput): Promise<SyncResult> {
    this.asked.push(input);
    if (this.asked.length > 2000) throw new ParleyError('CONFLICT', 'The client asks without end');
    const answer = structuredClone(this.model.sync({ ...input, limit: this.#options.limit }));
    await this.#hold();
    if (!this.#options.torn) return answer;
    const { unread_count, last_message, updated_at } = this.model.summary();
    for (const told of answer.chats) {
      if (told.chat && !told.removed) Object.assign(told.chat, { unread_count, last_message, updated_at });
      // What was changed again is beyond the number that was read.
      const versions = new Map(this.model.messages.map(({ message_id, version }) => [message_id, version]));
      if (!told.reset)
        told.messages = told.messages.filter((each) => versions.get(each.message_id) === each.version);
    }
    return answer;
  }

  async #page(asked: { cursor?: string; after?: string; limit: number }) {
    this.pages++;
    const page = this.model.listed(asked);
    await this.#hold();
    return page;
  }

  async #hold(): Promise<void> {
    if (!this.#holding) return;
    const held = deferred<void>();
    this.#held.push({ release: () => held.resolve() });
    await held.promise;
  }
}

/** What a call has answered comes once, and is not lost. */
function isAnswer({ type }: RoomEvent): boolean {
  return type === 'sent' || type === 'read' || type === 'delivered';
}

/** A database that refuses to write when it is told so. */
class FailingDatabase implements Database {
  refuses = false;
  readonly writes: (readonly RecordChange[])[] = [];
  readonly #inner = memoryDatabase();

  async open(account: string) {
    const records = await this.#inner.open(account);
    const write = records.write.bind(records);
    records.write = async (changes) => {
      if (this.refuses) throw new Error('QuotaExceededError');
      this.writes.push(changes);
      await write(changes);
    };
    return records;
  }
}
