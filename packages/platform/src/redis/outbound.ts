import { type Packet, unavailable } from '@parley/core';
import { InstanceAway, isInstanceAway } from './errors.ts';
import type { FanOutCounters } from './fan-out.ts';
import { encodePacket } from './frames.ts';
import type { Mailbox } from './mailbox.ts';
import type { Routes } from './routes.ts';

interface Parts {
  graceMs: number;
  counters: FanOutCounters;
}

/** What goes to one instance. */
interface Mail {
  text: string[];
  /** Which packets of the batch, by index. */
  packets: number[];
  topics: Set<string>;
}

/** Characters of one message to a mailbox: Redis drops a reader that is 8 MB behind for a minute. */
const maxMessage = 1 << 20;

/** Sends batches of packets to the instances that hold their topics. */
export class Outbound {
  readonly #routes: Routes;
  readonly #mailbox: Mailbox;
  readonly #parts: Parts;
  /** Instances that did not hear their mailbox, and since when (`performance.now()`). */
  readonly #silent = new Map<string, number>();

  constructor(routes: Routes, mailbox: Mailbox, parts: Parts) {
    this.#routes = routes;
    this.#mailbox = mailbox;
    this.#parts = parts;
  }

  /** One result for each packet: an error where an instance that may live did not get it; see `isInstanceAway`. */
  async send(packets: readonly Packet[]): Promise<(Error | undefined)[]> {
    const results: (Error | undefined)[] = packets.map(() => undefined);
    await Promise.all(
      [...(await this.#sort(packets))].map(async ([id, mail]) => {
        const failure = await this.#post(id, mail).catch((error: Error) => error);
        if (!failure) return;
        for (const index of mail.packets) {
          // That Redis is away says more.
          if (!results[index] || !isInstanceAway(failure)) results[index] = failure;
        }
      }),
    );
    return results;
  }

  /** Mail by instance. */
  async #sort(packets: readonly Packet[]): Promise<Map<string, Mail>> {
    const holders = await this.#routes.find(new Set(packets.flatMap(({ topics }) => topics)));
    const mails = new Map<string, Mail>();
    packets.forEach((packet, index) => {
      const targets = new Map<string, string[]>();
      for (const topic of packet.topics) {
        for (const id of holders.get(topic) ?? []) {
          if (this.#mailbox.isOwn(id)) continue;
          const held = targets.get(id);
          if (held) held.push(topic);
          else targets.set(id, [topic]);
        }
      }
      for (const [id, topics] of targets) {
        let mail = mails.get(id);
        if (!mail) {
          mail = { text: [], packets: [], topics: new Set() };
          mails.set(id, mail);
        }
        mail.text.push(encodePacket(packet, topics));
        mail.packets.push(index);
        for (const topic of topics) mail.topics.add(topic);
      }
    });
    return mails;
  }

  /** Resolves to what is wrong where the instance did not get it all. */
  async #post(id: string, mail: Mail): Promise<Error | undefined> {
    const messages = chunks(mail.text);
    this.#parts.counters.publishes += messages.length;
    // All are on their way before the first answer is in, so they keep their order.
    const heard = await Promise.all(messages.map((text) => this.#mailbox.post(id, text)));
    if (heard.every(Boolean)) {
      this.#silent.delete(id);
      return undefined;
    }
    if (!(await this.#isGone(id))) return away(id, 'does not hear its mailbox');
    await this.#routes.forget(id, mail.topics);
    // Perhaps it has only changed its name since the routes were read: the repeat tells.
    return away(id, 'is gone');
  }

  /** An instance that connects again is back within a second; one that does not has died without closing. */
  async #isGone(id: string): Promise<boolean> {
    const now = performance.now();
    const since = this.#silent.get(id) ?? now;
    this.#silent.set(id, since);
    if (now - since >= this.#parts.graceMs) await this.#mailbox.expel(id);
    else if (await this.#mailbox.isAlive(id)) return false;
    this.#silent.delete(id);
    return true;
  }
}

function away(id: string, how: string): Error {
  return unavailable('An instance', new InstanceAway(`${id} ${how}`));
}

function chunks(texts: readonly string[]): string[] {
  const messages: string[] = [];
  let message = '';
  for (const text of texts) {
    if (message !== '' && message.length + text.length > maxMessage) {
      messages.push(message);
      message = '';
    }
    message += text;
  }
  messages.push(message);
  return messages;
}
