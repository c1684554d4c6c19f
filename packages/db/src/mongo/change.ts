/**
 * Changing stored messages on MongoDB: each change takes the chat's next version, without transactions. Read `append.ts` first: what is
 * said there of heads, collisions, time-outs and fail-overs holds here too.
 *
 * How: a change is one update of one document. It matches the message only in the version that the change was decided on, sets the
 * new state, pushes the new version to `versions`, and adds the change to `untold` for the outbox: all of it or nothing.
 *
 * 1. No holes. Version n is only ever tried by somebody who knows that n-1 is stored (from the head), and the unique index (chat,
 *    versions), which holds all versions that any message of the chat ever had, lets one have it: a message that is
 *    sent or a change. (Within one document the index would allow it twice; so the head must not be older than the message, whose
 *    own version is the largest that it ever had.) So at any moment the versions taken in a chat are 1 to n, and nobody can
 *    have seen a larger one when a smaller one appears. Neighbouring changes of one message go in one update and take several
 *    at once.
 * 2. No lost change. The update matches only the version that was read: if somebody changed the message meanwhile it matches
 *    nothing, takes no number, and the change is decided again on what is there now. Each change of a message raises its version, so no
 *    two states have the same.
 * 3. `chat_seq` and `chat_tally` are those of the head, and right in the moment of the update: had a message been sent since, it
 *    would have taken the version that the update takes. So the document with the largest version still tells all counters, from
 *    one moment.
 * 4. A version that is taken, or an update that matched nothing: head and messages are read again, with read concern majority, which
 *    holds what was collided with (the server answers such a write only then). Of those who want one version one gets it, so all
 *    together always move on. Who loses until its time is up answers "unavailable".
 * 5. Any other error says nothing about what was stored: "unavailable". Who asks again finds the message changed, and that is "unchanged"
 *    then; its event is in the outbox.
 * 6. Zombies. An update that was given up and is carried out late succeeds only if the message is as it was and its version is
 *    still free with the one before it stored: then it is as if it had come in time. A message keeps its last 10,000 past versions
 *    for this, not all: so many changes of one message take longer than anything late can last.
 * 7. Events. Changes of several calls may share an update, but never a name in the outbox: who publishes its own and completes
 *    them must not take away another's that are not published yet.
 *
 * Within a process the changes of a chat wait for each other, and go on together: a hundred reactions at once are two updates rather
 * than a hundred that collide.
 *
 * Nothing here removes a document: a deletion empties it, and its numbers stay taken.
 */
import { type ChangeResult, type MessageChange, type StoredMessage, unavailable } from '@parley/core';
import type { Collection } from 'mongodb';
import { ChangeGroup, groupSize, type WaitingChange } from './change-group.ts';
import { ChatLanes } from './chat-lanes.ts';
import type { MongoConnection } from './connection.ts';
import { collidedIndexOf, storeName } from './errors.ts';
import { type Head, type HeadCache, noHead } from './head-cache.ts';
import { inTurns } from './in-turns.ts';
import { type MessageDocument, toStored } from './message-document.ts';
import { messageIndexes } from './message-indexes.ts';
import type { MessageReader } from './reader.ts';

/** Chats of one call that are worked on at the same time. */
const width = 8;

export class MessageChanger {
  readonly #connection: MongoConnection;
  readonly #collection: Collection<MessageDocument>;
  readonly #reader: MessageReader;
  readonly #cache: HeadCache;
  readonly #lanes = new ChatLanes<WaitingChange>((chatId, batch) => this.#work(chatId, batch));

  constructor(
    connection: MongoConnection,
    collection: Collection<MessageDocument>,
    parts: { reader: MessageReader; cache: HeadCache },
  ) {
    this.#connection = connection;
    this.#collection = collection;
    this.#reader = parts.reader;
    this.#cache = parts.cache;
  }

  async change(changes: readonly MessageChange[]): Promise<ChangeResult[]> {
    const [call, deadline] = [{}, this.#connection.deadline()];
    const results: ChangeResult[] = [];
    const byChat = Map.groupBy(changes.keys(), (index) => changes[index]?.chatId ?? '');
    await inTurns([...byChat], width, async ([chatId, indexes]) => {
      const some = indexes.map((index) => changes[index] as MessageChange);
      const answers = await this.#inLane(chatId, some, call, deadline);
      for (const [n, index] of indexes.entries()) results[index] = answers[n] as ChangeResult;
    });
    return results;
  }

  #inLane(chatId: string, changes: MessageChange[], call: object, deadline: number): Promise<ChangeResult[]> {
    const entries: WaitingChange[] = [];
    const answers = changes.map((change) => {
      const { promise, resolve, reject } = Promise.withResolvers<ChangeResult>();
      entries.push({ change, call, deadline, resolve, reject });
      return promise;
    });
    this.#lanes.add(chatId, entries);
    return Promise.all(answers);
  }

  async #work(chatId: string, batch: WaitingChange[]): Promise<void> {
    let rest = batch;
    try {
      while (rest.length > 0) {
        const deadline = Math.min(...rest.map((entry) => entry.deadline));
        if (performance.now() > deadline) rest = refuseLate(rest);
        else rest = await this.#attempt(chatId, rest, deadline);
      }
    } catch (error) {
      this.#cache.forget([chatId]);
      // Those that were answered before keep their answer.
      for (const entry of batch) entry.reject(error);
    }
  }

  /** Makes the changes until one collides; says which are left. */
  async #attempt(chatId: string, entries: WaitingChange[], deadline: number): Promise<WaitingChange[]> {
    const [messages, current] = await Promise.all([
      this.#read(entries, deadline),
      this.#cache.take(chatId) ?? this.#readHead(chatId, deadline),
    ]);
    let head = current;
    for (let done = 0; done < entries.length; ) {
      const id = entries[done]?.change.messageId ?? '';
      const message = messages.get(id);
      // A message of another chat is none here (`ChangeGroup`), whatever its version.
      if (message?.chat_id === chatId && message.version > head.version)
        return this.#again(chatId, entries, done);
      const group = new ChangeGroup(message, head);
      let next = done;
      while (next < entries.length && next - done < groupSize && entries[next]?.change.messageId === id) {
        group.add(entries[next++] as WaitingChange);
      }
      if (group.changes && group.message) {
        if (!(await this.#update(group, deadline))) return this.#again(chatId, entries, done);
        messages.set(id, group.message);
        head = { ...head, version: group.version };
        this.#cache.put(chatId, head);
      }
      group.settle();
      done = next;
    }
    return [];
  }

  /** Those that are left; they start from what there is now. */
  #again(chatId: string, entries: WaitingChange[], done: number): WaitingChange[] {
    this.#cache.forget([chatId]);
    return entries.slice(done);
  }

  async #read(entries: WaitingChange[], deadline: number): Promise<Map<string, StoredMessage>> {
    const ids = [...new Set(entries.map((entry) => entry.change.messageId))];
    const documents = await this.#reader.find({
      filter: { _id: { $in: ids } },
      hint: messageIndexes.id,
      deadline,
    });
    return new Map(documents.map((document) => [document._id, toStored(document)]));
  }

  async #readHead(chatId: string, deadline: number): Promise<Head> {
    return (await this.#reader.heads([chatId], deadline)).get(chatId) ?? noHead;
  }

  /** False where somebody was faster, in the message or in the chat. */
  async #update(group: ChangeGroup, deadline: number): Promise<boolean> {
    const { filter, update } = group.toUpdate();
    const options = { hint: messageIndexes.id, maxTimeMS: this.#connection.left(deadline) };
    try {
      const work = () => this.#collection.updateOne(filter, update, options);
      return (await this.#connection.run(work, deadline)).matchedCount === 1;
    } catch (error) {
      if (collidedIndexOf(error) !== messageIndexes.versions) throw error;
      return false;
    }
  }
}

/** Refuses what has no time left; says what has. */
function refuseLate(entries: WaitingChange[]): WaitingChange[] {
  const now = performance.now();
  const error = unavailable(storeName, new Error('other changes were faster for too long'));
  return entries.filter((entry) => {
    if (now <= entry.deadline) return true;
    entry.reject(error);
    return false;
  });
}
