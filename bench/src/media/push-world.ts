import { randomBytes, randomUUID } from 'node:crypto';
import type { BusEvent, Message } from '@parley/contract';
import type { EventContext, PushGateway, PushMeter } from '@parley/core';
import { parseConfig } from '@parley/platform';
import { createRuntime, type Runtime } from '@parley/runtime';

import { mapLimit, phoneSeries } from '../load/http-api.ts';
import { BODY } from '../load/pair.ts';
import type { PushJob } from './protocol.ts';

/** People of the world, two of whom make a direct chat. */
const people = 200;
const groups = 20;
/** Steps of making them under way at a time. */
const atOnce = 8;
/** Of a group, beside the one who writes. */
export const groupReaders = 50;

const context: EventContext = { eventId: randomUUID(), requestId: 'bench', trace: null, origin: null };

export type NewEvent = BusEvent<'msg.new'>;

/** Where somebody writes to others. */
export interface Place {
  chatId: string;
  sender: string;
  /** All members, the sender too, as events have them. */
  members: string[];
}

/** A worker's core on stores of its own, without a bus: events are handed to it by hand. */
export class PushWorld {
  readonly core: Runtime['core'] & { meter: PushMeter };
  /** Milliseconds that the world is ahead of the clock on the wall: windows end without a wait. */
  ahead = 0;
  direct: Place[] = [];
  groups: Place[] = [];
  readonly #runtime: Runtime;
  #pushes = 0;
  #reasons: Record<string, number> = {};

  private constructor(runtime: Runtime, onAhead: (ahead: () => number) => void) {
    this.#runtime = runtime;
    onAhead(() => this.ahead);
    const meter: PushMeter = {
      decided: (reason, count) => {
        this.#reasons[reason] = (this.#reasons[reason] ?? 0) + count;
      },
    };
    const pushes: PushGateway = {
      send: async () => {
        this.#pushes += 1;
        return { outcome: 'sent' };
      },
    };
    this.core = { ...runtime.core, pushes, meter };
  }

  /** Opens the stores, makes the people with one device each, and their chats. */
  static async open({ dataDir, redisUrl }: Pick<PushJob, 'dataDir' | 'redisUrl'>): Promise<PushWorld> {
    const config = parseConfig({
      PARLEY_DATA_DIR: dataDir,
      JWT_SECRET: randomBytes(32).toString('hex'),
      LOG_LEVEL: 'error',
      ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
    });
    let ahead = (): number => 0;
    const clock = { now: () => Date.now() + ahead() };
    const runtime = await createRuntime(config, 'workers', { clock });
    const world = new PushWorld(runtime, (of) => {
      ahead = of;
    });
    try {
      await world.#populate();
      return world;
    } catch (error) {
      await runtime.close();
      throw error;
    }
  }

  /** Everybody is connected; ends with what it returns. */
  async connectAll(): Promise<() => Promise<void>> {
    const { presence } = this.core;
    const users = new Set(this.direct.flatMap(({ members }) => members));
    const leases = [...users].map((userId) => ({ userId, connectionId: `c-${userId}` }));
    for (const { userId, connectionId } of leases) await presence.acquire(userId, connectionId);
    // Like realtime does it: a lease lives for a minute.
    const renewing = setInterval(() => void presence.renew(leases), 20_000);
    return async () => {
      clearInterval(renewing);
      for (const { userId, connectionId } of leases) await presence.release(userId, connectionId);
    };
  }

  /** A message that was sent just now, as the bus brings it. In direct chats nobody looks for it in a store. */
  event({ chatId, sender, members }: Place, message_id = randomUUID(), seq = 1): NewEvent {
    const now = new Date(this.core.clock.now()).toISOString();
    const message: Message = {
      ...{ message_id, chat_id: chatId, sender_id: sender, client_msg_id: message_id, seq, version: seq },
      ...{ type: 'text', payload: { body: BODY }, reply_to_message_id: null, reply_to_preview: null },
      ...{ forwarded: false, forwarded_from: null, reactions: {}, status: 'sent', is_deleted: false },
      ...{ is_starred: false, media: null, created_at: now, updated_at: now, edited_at: null },
      expires_at: null,
    };
    return {
      ...{ event_id: message_id, event_type: 'msg.new', timestamp: now, request_id: 'bench', trace: null },
      payload: { message, recipients: members, unquoted: [], origin: null },
    };
  }

  /** Stores messages, so many in each place; a window's are looked up when it is over. Returns ids and numbers. */
  async store(places: readonly Place[], each: number) {
    const at = new Date(this.core.clock.now()).toISOString();
    const wanted = places.flatMap((place) =>
      Array.from({ length: each }, () => ({ place, id: randomUUID() })),
    );
    const results = await this.core.messages.append(
      wanted.map(({ place, id }) => ({
        ...{
          message_id: id,
          chat_id: place.chatId,
          sender_id: place.sender,
          client_msg_id: id,
          type: 'text',
        },
        ...{ payload: { body: BODY }, reply_to_message_id: null, forwarded_from: null, context },
        ...{ fingerprint: id.replaceAll('-', ''), created_at: at, expires_at: null, tokens: [] },
      })),
    );
    return wanted.map(({ place, id }, index) => {
      const result = results[index];
      if (result?.outcome !== 'stored') throw new Error('a message of the benchmark was stored before');
      return { place, id, seq: result.seq };
    });
  }

  /** What was handed to the gateway and decided since the last call. */
  counted(): { pushes: number; reasons: Record<string, number> } {
    const counted = { pushes: this.#pushes, reasons: this.#reasons };
    this.#pushes = 0;
    this.#reasons = {};
    return counted;
  }

  close(): Promise<void> {
    return this.#runtime.close();
  }

  async #populate(): Promise<void> {
    const { users, devices, chats } = this.core;
    const phone = phoneSeries();
    const ids = await mapLimit(people, atOnce, async (n) => {
      const { user } = await users.upsertByPhone(phone(n));
      const device = { userId: user.id, sessionId: randomUUID(), token: `bench-device-${user.id}` };
      await devices.register({ ...device, platform: 'android' });
      return user.id;
    });
    this.direct = await mapLimit(people / 2, atOnce, async (n) => {
      const [creator = '', other = ''] = ids.slice(2 * n);
      const { chat } = await chats.openDirect({ chatId: randomUUID(), creator, other, context });
      return { chatId: chat.chat_id, sender: creator, members: [creator, other] };
    });
    this.groups = await mapLimit(groups, atOnce, async (n) => {
      const members = Array.from({ length: groupReaders + 1 }, (_, m) => ids[(n * 10 + m) % people] ?? '');
      const [creator = '', ...others] = members;
      const chatId = randomUUID();
      const group = { chatId, creator, others, name: `Group ${n}`, description: '' };
      if (!(await chats.createGroup(group, () => []))) throw new Error('a group could not be made');
      return { chatId, sender: creator, members };
    });
  }
}
