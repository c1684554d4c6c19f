import type { Connection } from './connection.ts';

const BATCH_MS = 50;
const BATCH_IDS = 100;
const READ_MS = 1000;

/** Acknowledges as a phone does: what arrived within 50 ms in one frame, and once a second how far it has read. */
export class Receipts {
  readonly #connection: Connection;
  readonly #chatId: string;
  #ids: string[] = [];
  #batch: NodeJS.Timeout | null = null;
  #reading: NodeJS.Timeout | null = null;
  #last = '';
  #read = '';

  constructor(connection: Connection, chatId: string) {
    this.#connection = connection;
    this.#chatId = chatId;
  }

  delivered(messageId: string): void {
    this.#ids.push(messageId);
    this.#last = messageId;
    this.#batch ??= setTimeout(() => this.#flush(), BATCH_MS);
    if (this.#reading) return;
    // Phones do not read in step: the first reading comes at a random moment of the first second.
    this.#reading = setTimeout(() => {
      this.#sendRead();
      this.#reading = setInterval(() => this.#sendRead(), READ_MS);
    }, Math.random() * READ_MS);
  }

  /** Acknowledges what is left and sends nothing more. */
  stop(): void {
    this.#flush();
    this.#sendRead();
    clearTimeout(this.#reading ?? undefined);
  }

  #flush(): void {
    clearTimeout(this.#batch ?? undefined);
    this.#batch = null;
    const ids = this.#ids;
    this.#ids = [];
    for (let at = 0; at < ids.length; at += BATCH_IDS) {
      const data = { message_ids: ids.slice(at, at + BATCH_IDS) };
      this.#connection.send(this.#connection.wire.event('message.delivered', data));
    }
  }

  #sendRead(): void {
    if (this.#last === this.#read) return;
    this.#read = this.#last;
    const data = { chat_id: this.#chatId, up_to_message_id: this.#last };
    this.#connection.send(this.#connection.wire.event('message.read', data));
  }
}
