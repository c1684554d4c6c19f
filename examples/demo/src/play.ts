/** Plays messages: each goes to everybody else's chat, is acknowledged and read there, and its ticks come back. */
import { randomUUID } from 'node:crypto';
import type { Person } from './people.ts';
import type { Timing } from './render.ts';

interface Waiting {
  began: number;
  left: number;
  resolve(ms: number): void;
}

/** Counts down until something happened for every recipient of a message. */
class Countdown {
  readonly #waiting = new Map<string, Waiting>();

  expect(key: string, times: number, began: number): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(key, { began, left: times, resolve }));
  }

  happened(key: string): void {
    const waiting = this.#waiting.get(key);
    if (!waiting || --waiting.left > 0) return;
    this.#waiting.delete(key);
    waiting.resolve(performance.now() - waiting.began);
  }
}

export class Player {
  readonly #people: Map<string, Person>;
  readonly #delivered = new Countdown();
  readonly #read = new Countdown();
  /** A send's number, by the ids of its copies. */
  readonly #copies = new Map<string, string>();
  readonly #readUpTo = new Map<string, number>();
  readonly #sent = new Map<string, { key: string; seq: number }[]>();

  constructor(people: readonly Person[]) {
    this.#people = new Map(people.map((person) => [person.name, person]));
    for (const person of people) this.#listen(person);
  }

  #listen(person: Person): void {
    const { realtime } = person.client;
    realtime.on('message.new', (message) => {
      if (message.sender_id === person.id) return;
      this.#delivered.happened(this.#copies.get(message.client_msg_id) ?? '');
      // A phone with the chat open: what arrives is read.
      void realtime.read(message.chat_id, message.message_id).catch(() => undefined);
    });
    realtime.on('message.status', (status) => {
      if (status.user_id === person.id || status.status !== 'read') return;
      this.#tick(status.chat_id + person.id, status.up_to_seq);
    });
  }

  /** Positions move over several messages at once: everything up to `seq` is read. */
  #tick(chatAndSender: string, seq: number): void {
    const reached = Math.max(seq, this.#readUpTo.get(chatAndSender) ?? 0);
    this.#readUpTo.set(chatAndSender, reached);
    const waiting = this.#sent.get(chatAndSender) ?? [];
    this.#sent.set(
      chatAndSender,
      waiting.filter((copy) => copy.seq > reached),
    );
    for (const copy of waiting) if (copy.seq <= reached) this.#read.happened(copy.key);
  }

  /** Sends a text from one person to all others; resolves when everybody has read it. */
  async say(author: string, body: string): Promise<Required<Timing>> {
    const sender = this.#people.get(author);
    if (!sender) throw new Error(`${author} is not here`);
    const chats = [...sender.chats.values()];
    const key = randomUUID();
    const began = performance.now();
    const delivered = this.#delivered.expect(key, chats.length, began);
    const read = this.#read.expect(key, chats.length, began);
    await Promise.all(
      chats.map(async (chatId) => {
        const id = randomUUID();
        this.#copies.set(id, key);
        const sent = await sender.client.realtime.send({
          chat_id: chatId,
          client_msg_id: id,
          type: 'text',
          payload: { body },
        });
        const place = chatId + sender.id;
        this.#sent.set(place, [...(this.#sent.get(place) ?? []), { key, seq: sent.seq }]);
        this.#tick(place, 0);
      }),
    );
    return { deliveredMs: await delivered, readMs: await read };
  }
}
