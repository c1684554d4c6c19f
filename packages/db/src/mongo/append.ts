/**
 * Storing messages on MongoDB, in numbered order and once each, without transactions.
 *
 * What must hold (design rules 1 to 3): `seq` and `version` of a chat become visible in the order of their numbers, without
 * holes, whoever writes; a message is accepted only when it is durable; a repeated send finds the first one; what must be
 * published is flagged in the same write.
 *
 * How: a batch is numbered from the chats' heads and stored by one ordered insert; the unique indexes (chat, seq) and (chat,
 * versions) let each number be taken once, (sender, client_msg_id) each send be stored once.
 *
 * 1. No holes. Number n is only ever tried by somebody who knows that n-1 is stored: from the head, or because it stands before it
 *    in the same ordered insert, of which the server tries nothing behind the first that it refuses. So at any moment, and
 *    wherever a process or a connection dies, what is stored of a chat is 1 to n. And since n is not there before n-1 is, nobody
 *    can have seen a larger number when a smaller one appears.
 * 2. Heads are never too high. One that is too low costs a refused insert and another look; one that is too high would make a
 *    hole. It would be too high if it counted a write that a fail-over then rolled back. So heads are read with read
 *    concern majority, not local, and remembered only of writes that the majority acknowledged; neither can be rolled back.
 *    It costs nothing: a write with write concern majority that is refused as duplicate is answered once the majority holds
 *    what it collided with, so the next majority read sees it and nobody spins.
 * 3. Refused as duplicate at i: what stood before i is stored (and acknowledged, or the driver would report a write concern error).
 *    By the index that refused: the send is known, or another process was faster. Then the known ones are answered, heads
 *    are read again, and the rest goes on. Of writers that want one number one gets it, so all together always move on. Who
 *    loses until its time is up answers "unavailable". A number in use is never given twice, also when the message moved on
 *    to a later version, as the document keeps its past ones in `versions`. It follows that the newest document of a chat may be
 *    emptied but must never be removed.
 * 4. Any other error, a time-out above all, says nothing about what was stored: heads are forgotten, and the whole batch is
 *    "unavailable". The clients ask again with the same ids; what was stored is then known, the rest is stored. What
 *    was stored but never answered carries its outbox flag, and the relay publishes it.
 * 5. Zombies. An insert that was given up may still be carried out, late and partly: by a server that was frozen, by the driver from its
 *    queue, or by its retry. It was numbered before, so it succeeds only while its first number of a chat is still free and the one
 *    before it is stored: then it fills the next places in order, as if it had come in time. Otherwise it stops at the
 *    first document, and its other chats with it. Either way no send is stored twice, as its id is unique. `maxTimeMS` keeps
 *    the time short in which this can happen on a server that lives.
 * 6. Fail-over. The oplog is in order, so what a new primary has of a chat is 1 to n too, and n is not less than what was
 *    acknowledged. A retried insert (`retryWrites`) continues where the first try got to, or starts with numbers whose
 *    predecessors are held by the majority.
 * 7. Large batches. The driver cuts an ordered insert at 48 MB or 100,000 documents and stops at the first part that fails; the
 *    order holds there too, but core's batches (200 messages of some 20 KB) are one command.
 *
 * 8. Tallies. A message's `tally` follows from what stands before it, which never changes: neither `seq` nor type of a message
 *    do, and deletions do not touch it. It is computed from the head's, and the document is stored only if its `seq` is the one
 *    behind that head (1), so it is right whoever else wrote meanwhile.
 *
 * The collection cannot be sharded: MongoDB could not keep (sender, client_msg_id) unique beside a shard key of chats.
 */
import { type AppendResult, type NewMessage, unavailable } from '@parley/core';
import type { Collection } from 'mongodb';
import type { ChatActivity } from './activity.ts';
import { AppendRun } from './append-run.ts';
import type { MongoConnection } from './connection.ts';
import { type Collision, collisionOf, storeName, withoutDocuments } from './errors.ts';
import { type HeadCache, noHead } from './head-cache.ts';
import type { MessageDocument } from './message-document.ts';
import { messageIndexes } from './message-indexes.ts';
import { keyOf, type MessageReader } from './reader.ts';

/** Collisions on other indexes are nothing that another try would mend. */
const ours = new Set<string>(Object.values(messageIndexes));

export class MessageAppender {
  readonly #connection: MongoConnection;
  readonly #collection: Collection<MessageDocument>;
  readonly #reader: MessageReader;
  readonly #cache: HeadCache;
  readonly #activity: ChatActivity;

  constructor(
    connection: MongoConnection,
    collection: Collection<MessageDocument>,
    parts: { reader: MessageReader; cache: HeadCache; activity: ChatActivity },
  ) {
    this.#connection = connection;
    this.#collection = collection;
    this.#reader = parts.reader;
    this.#cache = parts.cache;
    this.#activity = parts.activity;
  }

  async append(messages: readonly NewMessage[]): Promise<AppendResult[]> {
    // Equal ids in one batch: the first is stored, the others learn of it.
    const firsts = new Map<string, NewMessage>();
    for (const message of messages) {
      const key = keyOf(message);
      if (!firsts.has(key)) firsts.set(key, message);
    }
    const run = new AppendRun([...firsts.values()], this.#connection.deadline());
    try {
      await this.#finish(run);
    } catch (error) {
      this.#cache.forget(messages.map((message) => message.chat_id));
      throw error;
    }
    return messages.map((message) => run.resultOf(message, firsts.get(keyOf(message)) === message));
  }

  async #finish(run: AppendRun): Promise<void> {
    while (run.rest.length > 0) {
      if (performance.now() > run.deadline) {
        throw unavailable(storeName, new Error('other processes were faster for too long'));
      }
      await this.#readHeads(run);
      const documents = run.number();
      const collision = await this.#insert(documents, run.deadline);
      const stored = documents.slice(0, collision?.at ?? documents.length);
      for (const chatId of run.settle(stored)) this.#cache.put(chatId, run.headOf(chatId));
      this.#activity.note(stored);
      if (!collision) return;
      const known = collision.index === messageIndexes.clientId || collision.index === messageIndexes.id;
      if (known) await this.#answerKnown(run, collision);
      // Whoever was faster in one chat may have been in others: nothing that is only remembered is worth another try.
      else this.#cache.forget(run.forgetRemembered(documents[collision.at]?.chat_id));
    }
  }

  async #readHeads(run: AppendRun): Promise<void> {
    const missing: string[] = [];
    for (const chatId of run.chatsWithoutHead()) {
      const head = this.#cache.take(chatId);
      if (head) run.remember(chatId, head);
      else missing.push(chatId);
    }
    if (missing.length === 0) return;
    const found = await this.#reader.heads(missing, run.deadline);
    for (const chatId of missing) run.learn(chatId, found.get(chatId) ?? noHead);
  }

  async #insert(documents: MessageDocument[], deadline: number): Promise<Collision | undefined> {
    try {
      const options = { ordered: true, maxTimeMS: this.#connection.left(deadline) };
      await this.#connection.run(() => this.#collection.insertMany(documents, options), deadline);
      return undefined;
    } catch (error) {
      const collision = collisionOf(error);
      if (!collision || !ours.has(collision.index)) throw withoutDocuments(error);
      return collision;
    }
  }

  /** Looks for all that is left: after a time-out whole batches are known, and each alone would cost an insert. */
  async #answerKnown(run: AppendRun, collision: Collision): Promise<void> {
    const refused = run.rest[0];
    const known = await this.#reader.known(run.rest, run.deadline);
    for (const document of known) run.takeKnown(document);
    // Who stored them may have died right then.
    this.#activity.note(known);
    if (collision.index === messageIndexes.id && refused === run.rest[0]) {
      throw new Error('a message_id was used for another message');
    }
  }
}
