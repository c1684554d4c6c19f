import { randomBytes, randomUUID } from 'node:crypto';
import { limits, type SyncInput } from '@parley/contract';
import { type Caller, type NewMessage, syncChanges } from '@parley/core';
import { Sql } from '@parley/db';
import { parseConfig } from '@parley/platform';
import { createRuntime, type Runtime } from '@parley/runtime';

import { phoneSeries } from '../load/http-api.ts';
import { BODY } from '../load/pair.ts';
import { fewChats } from './options.ts';

/** Messages in one commit. */
const batch = 500;

/** What one way through sync came to. */
export interface Walk {
  ms: number;
  bytes: number;
  queries: number;
  pages: number;
  messages: number;
  chats: number;
}

/** A core on PostgreSQL of its own, with somebody who has one long chat, somebody with many chats and somebody with few. */
export class SyncWorld {
  readonly #runtime: Runtime;
  readonly #phone = phoneSeries();
  #people = 0;
  #queries = 0;
  /** Of the chat that `reader` missed everything of. */
  long = '';
  reader = '';
  many: { user: string; chats: string[] } = { user: '', chats: [] };
  few: { user: string; chats: string[] } = { user: '', chats: [] };

  private constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  static async open(dataDir: string, sizes: { changes: number; chats: number }): Promise<SyncWorld> {
    const config = parseConfig({
      PARLEY_DATA_DIR: dataDir,
      JWT_SECRET: randomBytes(32).toString('hex'),
      LOG_LEVEL: 'error',
    });
    const world = new SyncWorld(await createRuntime(config, 'api'));
    world.#count();
    try {
      await world.#populate(sizes);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** Notes every statement that goes to PostgreSQL. */
  #count(): void {
    const rows = Sql.prototype.rows;
    const note = () => {
      this.#queries += 1;
    };
    Sql.prototype.rows = function (...args) {
      note();
      return rows.apply(this, args) as never;
    };
  }

  async #populate({ changes, chats }: { changes: number; chats: number }): Promise<void> {
    const other = await this.#user();
    this.reader = await this.#user();
    this.long = await this.#direct(this.reader, other);
    for (let sent = 0; sent < changes; sent += batch) {
      await this.#store(
        Array.from({ length: Math.min(batch, changes - sent) }, () => this.long),
        other,
      );
    }
    const of = async (count: number) => {
      const user = await this.#user();
      const own: string[] = [];
      for (let n = 0; n < count; n += 1) own.push(await this.#direct(user, await this.#user()));
      for (let from = 0; from < own.length; from += batch)
        await this.#store(own.slice(from, from + batch), other);
      return { user, chats: own };
    };
    this.many = await of(chats);
    this.few = await of(fewChats);
  }

  async #user(): Promise<string> {
    return (await this.#runtime.core.users.upsertByPhone(this.#phone(this.#people++))).user.id;
  }

  async #direct(creator: string, other: string): Promise<string> {
    const context = { eventId: randomUUID(), requestId: 'bench', trace: null, origin: null };
    const chatId = randomUUID();
    return (await this.#runtime.core.chats.openDirect({ chatId, creator, other, context })).chat.chat_id;
  }

  async #store(chats: readonly string[], sender: string): Promise<void> {
    const created_at = new Date().toISOString();
    const messages = chats.map(
      (chat_id): NewMessage => ({
        ...{ message_id: randomUUID(), chat_id, sender_id: sender, client_msg_id: randomUUID() },
        ...{ type: 'text', payload: { body: BODY }, reply_to_message_id: null, forwarded_from: null },
        ...{ fingerprint: 'bench', created_at, expires_at: null, tokens: [] },
        context: { eventId: randomUUID(), requestId: 'bench', trace: null, origin: null },
      }),
    );
    await this.#runtime.core.messages.append(messages);
  }

  /** Asks until there is no more, as a client does, from these numbers on. */
  async walk(userId: string, from: SyncInput): Promise<Walk> {
    const caller: Caller = { userId, sessionId: randomUUID(), requestId: 'bench' };
    const walk: Walk = { ms: 0, bytes: 0, queries: 0, pages: 0, messages: 0, chats: 0 };
    const held: SyncInput = { limit: limits.syncPage.max, ...from };
    const before = this.#queries;
    for (let more = true; more; ) {
      const begun = performance.now();
      const page = await syncChanges(this.#runtime.core, caller, held);
      const text = JSON.stringify(page);
      walk.ms += performance.now() - begun;
      walk.bytes += Buffer.byteLength(text);
      walk.pages += 1;
      walk.chats += page.chats.length;
      held.user = page.user.version;
      held.chats = { ...held.chats };
      for (const { chat_id, version, state_version, messages } of page.chats) {
        walk.messages += messages.length;
        held.chats[chat_id] = { version, state_version };
      }
      more = page.has_more;
    }
    walk.queries = this.#queries - before;
    return walk;
  }

  close(): Promise<void> {
    return this.#runtime.close();
  }
}
