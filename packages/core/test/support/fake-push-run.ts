/** Four people, two direct chats and two groups; what happens to them, and what must come of it. */
import type { BusEvent } from '@parley/contract';
import { expect } from 'vitest';
import type { Core } from '../../src/context.ts';
import type { ChatRecord } from '../../src/ports/stores.ts';
import { pushMessage } from '../../src/push/message.ts';
import { pushRead } from '../../src/push/read.ts';
import { pushLeaseMs } from '../../src/push/windows.ts';
import { PushWorld } from './fake-push.ts';
import type { Fuse } from './fake-push-life.ts';
import { flushPushWindows } from './flush.ts';

export type Step =
  | { do: 'say'; chat: number; by: number }
  | { do: 'handle' | 'repeat'; which: number; fuse: Fuse | null }
  | { do: 'flush'; limit: number; fuse: Fuse | null }
  | { do: 'wait'; ms: number }
  | { do: 'connect' | 'disconnect' | 'mute' | 'unmute'; who: number; chat: number }
  | { do: 'read'; who: number; chat: number }
  | { do: 'gateway'; away: boolean };

export class PushRun {
  readonly world = new PushWorld();
  readonly people = ['Ann', 'Ben', 'Cem', 'Dua'].map((name) => this.world.user(name));
  readonly chats: ChatRecord[];
  readonly events: BusEvent<'msg.new'>[] = [];
  /** Events that no worker has handled to its end. */
  readonly open = new Set<BusEvent<'msg.new'>>();
  /** Since when, by the number of events, somebody was always offline and unmuted: by chat and user. */
  readonly reachableSince = new Map<string, number>();
  /** Claims that died with their worker. */
  readonly lost = new Set<string>();

  constructor() {
    const [ann, ben, cem, dua] = this.people as [string, string, string, string];
    this.chats = [
      this.world.chat('direct', [ann, ben]),
      this.world.chat('direct', [cem, dua]),
      this.world.chat('group', [ann, ben, cem, dua]),
      this.world.chat('group', [ben, cem, dua]),
    ];
  }

  async begin(): Promise<void> {
    for (const person of this.people) {
      for (const what of ['phone', 'tablet']) await this.world.device(person, `${person} ${what}`);
    }
  }

  /** Lets a worker do something, to its end or to its death; says whether it came to the end. */
  async work(fuse: Fuse | null, what: (core: Core) => Promise<unknown>): Promise<boolean> {
    const [claims, pushes] = [new Set(this.world.ledger.claims), this.world.pushes.length];
    const { core, death } = this.world.worker(fuse ?? undefined);
    const done = await Promise.race([
      what(core).then(
        () => true,
        () => false,
      ),
      death.then(() => false),
    ]);
    const sent = new Set(this.world.pushes.slice(pushes).map((push) => this.deviceOf(push.token)));
    for (const claim of this.world.ledger.claims) {
      const device = claim.split('/')[1] ?? '';
      if (!claims.has(claim) && !sent.has(device)) this.lost.add(claim);
    }
    return done;
  }

  async handle(event: BusEvent<'msg.new'> | undefined, fuse: Fuse | null): Promise<void> {
    if (event && (await this.work(fuse, (core) => pushMessage(core, event)))) this.open.delete(event);
  }

  async do(step: Step): Promise<void> {
    const { world } = this;
    switch (step.do) {
      case 'say': {
        const chat = this.chats[step.chat] as ChatRecord;
        const senders = [...chat.members.keys()];
        const event = world.message(chat, senders[step.by % senders.length] as string);
        this.events.push(event);
        this.open.add(event);
        return;
      }
      case 'handle':
        return this.handle([...this.open][step.which % Math.max(1, this.open.size)], step.fuse);
      case 'repeat':
        return this.handle(this.events[step.which % Math.max(1, this.events.length)], step.fuse);
      case 'flush':
        return void (await this.work(step.fuse, (core) => flushPushWindows(core, step.limit)));
      case 'wait':
        world.now += step.ms;
        return;
      case 'gateway':
        if (step.away) world.away.add('gateway');
        else world.away.delete('gateway');
        return;
      default:
        return this.change(step);
    }
  }

  /** Something about a person: from now on it counts anew who must get what. */
  async change(step: Extract<Step, { who: number }>): Promise<void> {
    const { world } = this;
    const person = this.people[step.who] as string;
    const chat = this.chats[step.chat] as ChatRecord;
    if (step.do === 'connect') world.online.add(person);
    if (step.do === 'disconnect') world.online.delete(person);
    if (step.do === 'mute') world.mutes.set(chat.chat_id + person, null);
    if (step.do === 'unmute') world.mutes.delete(chat.chat_id + person);
    if (step.do === 'read' && chat.members.has(person)) {
      const event = world.read(chat, person);
      await this.work(null, (core) => pushRead(core, event));
    }
    for (const { chat_id } of this.chats) {
      const reachable = !world.online.has(person) && !world.mutes.has(chat_id + person);
      this.reachableSince.set(chat_id + person, reachable ? this.events.length : Number.POSITIVE_INFINITY);
    }
  }

  /** Everything comes back, nobody dies any more, and what is left is done. */
  async end(): Promise<void> {
    const { world } = this;
    world.away.clear();
    for (const event of [...this.open]) await this.handle(event, null);
    for (let n = 0; n < 3; n++) {
      world.now += pushLeaseMs;
      while ((await flushPushWindows(world.core, 3)) > 0);
    }
  }

  deviceOf(token: string): string {
    return this.world.devices.all.find((device) => device.token === token)?.id ?? '';
  }

  /** Pushes of messages, each with those that it stands for. */
  *covered(): Generator<{ deviceId: string; claimId: string; messageIds: readonly string[]; count: number }> {
    for (const { token, data } of this.world.pushes) {
      if (data.type !== 'new_message') continue;
      const deviceId = this.deviceOf(token);
      const userId = this.world.devices.all.find(({ id }) => id === deviceId)?.user_id;
      const id = data.message_id ?? '';
      const windows = this.world.ledger.left.filter(
        (window) => window.userId === userId && window.messageIds.includes(id),
      );
      expect(windows.length, 'windows that a message is in').toBe(data.chat_type === 'group' ? 1 : 0);
      const messageIds = windows[0]?.messageIds ?? [id];
      yield { deviceId, claimId: messageIds.at(-1) ?? id, messageIds, count: Number(data.message_count) };
    }
  }

  check(): void {
    const { world } = this;
    const got = new Map<string, Set<string>>();
    for (const { deviceId, messageIds, count } of this.covered()) {
      expect(count).toBeLessThanOrEqual(messageIds.length);
      const had = got.get(deviceId) ?? new Set();
      got.set(deviceId, had);
      for (const id of messageIds) {
        expect(had.has(id), 'the device got the message before').toBe(false);
        had.add(id);
      }
    }
    this.events.forEach(({ payload: { message, recipients } }, index) => {
      for (const userId of recipients) {
        const since = this.reachableSince.get(message.chat_id + userId) ?? 0;
        if (userId === message.sender_id || index < since) continue;
        for (const { id } of world.devices.all.filter(({ user_id }) => user_id === userId)) {
          if (!this.isExcused(message, userId, id)) expect(got.get(id)?.has(message.message_id)).toBe(true);
        }
      }
    });
    expect(world.ledger.windows).toEqual([]);
  }

  /** A worker died with the claim; or the message was handled after a newer one had left: that one was pushed. */
  isExcused(
    { message_id, chat_id, seq }: { message_id: string; chat_id: string; seq: number },
    userId: string,
    deviceId: string,
  ) {
    const { left } = this.world.ledger;
    const window = left.find((each) => each.userId === userId && each.messageIds.includes(message_id));
    if (this.lost.has(`${window?.messageIds.at(-1) ?? message_id}/${deviceId}`)) return true;
    const newer = (id: string) => {
      const other = this.world.messages.get(id);
      return other?.chat_id === chat_id && other.seq > seq;
    };
    return !window && left.some((each) => each.userId === userId && each.messageIds.some(newer));
  }
}
