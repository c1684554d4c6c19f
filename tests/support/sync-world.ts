/** People who do random things through core, and what the server says of it: what sync clients are held against. */
import { randomUUID } from 'node:crypto';
import type { ChatSummary, Message, SyncInput, SyncResult } from '@parley/contract';
import * as core from '@parley/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { TestParley } from './parley.ts';
import { SyncClient } from './sync-client.ts';

const kinds = [
  ...(['say', 'say', 'say', 'say', 'reply', 'read', 'read', 'deliver', 'react', 'react', 'edit'] as const),
  ...([
    'delete',
    'hide',
    'star',
    'unstar',
    'add',
    'add',
    'add',
    'remove',
    'remove',
    'leave',
    'promote',
    'rename',
  ] as const),
  ...(['mute', 'pin', 'block', 'unblock', 'contacts', 'privacy', 'profile', 'group', 'direct'] as const),
] as const;

/** One thing that somebody does; numbers are taken by their remainder. */
export interface Step {
  kind: (typeof kinds)[number];
  who: number;
  other: number;
  chat: number;
  at: number;
}

export const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  who: fc.nat(3),
  other: fc.nat(3),
  chat: fc.nat(5),
  at: fc.nat(30),
});

/** What only admins can do: it is done by one, or it would hardly ever happen. */
const managing = new Set<Step['kind']>(['add', 'remove', 'promote', 'rename']);

/** What belongs to life; everything else is a mistake. */
const refusals = new Set([
  'NOT_FOUND',
  'CHAT_NOT_FOUND',
  'NOT_CHAT_MEMBER',
  'NOT_ADMIN',
  'FORBIDDEN',
  'USER_BLOCKED',
  'LAST_ADMIN',
  'VALIDATION_ERROR',
  'BAD_REQUEST',
]);

export class SyncWorld {
  readonly core: core.Core;
  readonly people: { id: string; phone: string; caller: core.Caller }[] = [];
  readonly chats: string[] = [];
  /** Whom each has blocked, by what succeeded. */
  readonly blocks = new Map<string, Set<string>>();

  constructor(parley: TestParley) {
    this.core = (parley.runtimes.at(-1) as { core: core.Core }).core;
  }

  static async make(parley: TestParley): Promise<SyncWorld> {
    const world = new SyncWorld(parley);
    for (const name of ['ada', 'ben', 'cleo', 'dan']) {
      const { id, phone } = await parley.user(name);
      world.people.push({ id, phone, caller: { userId: id, sessionId: randomUUID(), requestId: 'test' } });
    }
    // One of them keeps reads private throughout.
    await core.updatePrivacy(world.core, world.at(3).caller, { read_receipts: false });
    const ids = world.people.map(({ id }) => id);
    const make = async (input: Parameters<typeof core.createChat>[2]) =>
      world.chats.push((await core.createChat(world.core, world.at(0).caller, input)).chat.chat_id);
    await make({ type: 'group', name: 'all', participant_ids: ids.slice(1) });
    await make({ type: 'group', name: 'two', participant_ids: [ids[1] ?? ''] });
    await make({ type: 'direct', participant_id: ids[1] ?? '' });
    await make({ type: 'direct', participant_id: ids[3] ?? '' });
    return world;
  }

  at(who: number) {
    return this.people[who] as SyncWorld['people'][number];
  }

  client(who: number, ask?: (input: SyncInput) => Promise<SyncResult>): SyncClient {
    const { id, caller } = this.at(who);
    return new SyncClient(id, ask ?? ((input) => core.syncChanges(this.core, caller, input)), (chat) =>
      this.history(who, chat),
    );
  }

  /** All that somebody sees of a chat, newest first. */
  async history(who: number, chat_id: string): Promise<Message[]> {
    const all: Message[] = [];
    for (let cursor: string | undefined; ; ) {
      const input = { chat_id, limit: 100, ...(cursor === undefined ? {} : { cursor }) };
      const page = await core.listMessages(this.core, this.at(who).caller, input);
      all.push(...page.messages);
      if (page.next_cursor === null) return all;
      cursor = page.next_cursor;
    }
  }

  /** Does it; what may not be done is refused, and nothing has happened then. */
  async act({ kind, who, other, chat, at }: Step): Promise<void> {
    const { core: c } = this;
    const target = this.at(other);
    const chat_id = this.chats[chat % this.chats.length] as string;
    const { caller } = this.at(managing.has(kind) ? await this.#adminOf(chat_id, who) : who);
    const seen = await core.listMessages(c, caller, { chat_id, limit: 30 }).catch(() => ({ messages: [] }));
    const message = seen.messages[at % Math.max(1, seen.messages.length)];
    const id = message?.message_id ?? randomUUID();
    const send = (more: object) =>
      core.sendMessage(c, caller, {
        chat_id,
        client_msg_id: randomUUID(),
        type: 'text',
        payload: { body: `text ${at}` },
        ...more,
      });
    const open = async (input: Parameters<typeof core.createChat>[2]) => {
      const made = await core.createChat(c, caller, input);
      if (made.created) this.chats.push(made.chat.chat_id);
    };
    const block = async (blocked: boolean) => {
      const done = blocked ? core.blockUser : core.unblockUser;
      await done(c, caller, { id: target.id });
      const own = this.blocks.get(caller.userId) ?? new Set();
      this.blocks.set(caller.userId, own);
      if (blocked) own.add(target.id);
      else own.delete(target.id);
    };
    const doing: Record<Step['kind'], () => Promise<unknown>> = {
      say: () => send({}),
      reply: () => send({ reply_to_message_id: id }),
      read: () => core.markRead(c, caller, { chat_id, up_to_message_id: id }),
      deliver: () => core.markDelivered(c, caller, { message_ids: [id] }),
      react: () => core.react(c, caller, id, at % 4 === 0 ? null : (['👍', '❤️', '😂'][at % 3] ?? '👍')),
      edit: () => core.editMessage(c, caller, { id, payload: { body: `edited ${at}` } }),
      delete: () => core.deleteMessage(c, caller, { id, for: 'everyone' }),
      hide: () => core.deleteMessage(c, caller, { id, for: 'me' }),
      star: () => core.starMessage(c, caller, { id }),
      unstar: () => core.unstarMessage(c, caller, { id }),
      add: () => core.addParticipants(c, caller, { id: chat_id, user_ids: [target.id] }),
      remove: () => core.removeParticipant(c, caller, { id: chat_id, user_id: target.id }),
      leave: () => core.removeParticipant(c, caller, { id: chat_id, user_id: caller.userId }),
      promote: () =>
        core.setRole(c, caller, { id: chat_id, user_id: target.id, role: at % 2 ? 'admin' : 'member' }),
      rename: () => core.updateChat(c, caller, { id: chat_id, name: `name ${at}` }),
      mute: () => core.muteChat(c, caller, { id: chat_id, is_muted: at % 2 === 0 }),
      pin: () => core.pinChat(c, caller, { id: chat_id, is_pinned: at % 2 === 0 }),
      block: () => block(true),
      unblock: () => block(false),
      contacts: () => core.syncContacts(c, caller, { phone_numbers: [target.phone] }),
      privacy: () => core.updatePrivacy(c, caller, { last_seen: at % 2 ? 'nobody' : 'everyone' }),
      profile: () => core.updateMe(c, caller, { status_text: `status ${at}` }),
      group: () => open({ type: 'group', name: `g${at}`, participant_ids: [target.id] }),
      direct: () => open({ type: 'direct', participant_id: target.id }),
    };
    await doing[kind]().catch((error: { code?: string }) => {
      if (!refusals.has(error.code ?? '')) throw error;
    });
  }

  /** Somebody who may change the group, where there is somebody. */
  async #adminOf(chatId: string, who: number): Promise<number> {
    const record = await this.core.chatCache.fresh(chatId);
    const admins = this.people.flatMap(({ id }, index) => {
      const member = record?.members.get(id);
      return member?.role === 'admin' && member.left_seq === null ? [index] : [];
    });
    return admins[who % Math.max(1, admins.length)] ?? who;
  }

  /** Holds what a client holds, after all pages, against what the server says. */
  async check(who: number, client: SyncClient, what: string): Promise<void> {
    const { core: c } = this;
    const { caller, id } = this.at(who);
    expect(client.profile, `${what}: profile`).toEqual(await core.getMe(c, caller));
    expect(client.privacy, `${what}: privacy`).toEqual(await core.getPrivacy(c, caller));
    const blocked = client.blocked;
    const contacts = client.contacts.map((each) => ({ ...each, is_blocked: blocked.has(each.user_id) }));
    const { contacts: wanted } = await core.listContacts(c, caller);
    // Others' status texts are theirs to change: nobody counts that here.
    const plain = (each: (typeof wanted)[number]) => ({ ...each, status_text: '' });
    expect(contacts.map(plain), `${what}: contacts`).toEqual(wanted.map(plain));
    expect([...blocked].sort(), `${what}: blocks`).toEqual([...(this.blocks.get(id) ?? [])].sort());
    const { chats } = await core.listChats(c, caller, { limit: 100 });
    expect([...client.chats.keys()].sort(), `${what}: chats`).toEqual(
      chats.map((each) => each.chat_id).sort(),
    );
    for (const summary of chats) await this.#checkChat(who, client, summary, what);
  }

  async #checkChat(who: number, client: SyncClient, summary: ChatSummary, what: string): Promise<void> {
    const { chat_id } = summary;
    const held = client.chats.get(chat_id);
    const history = await this.history(who, chat_id);
    const shown = client.shown(chat_id);
    expect(held?.removed, `${what}: removed from ${chat_id}`).toBe(!summary.is_member);
    expect([held?.version, held?.state_version], `${what}: numbers`).toEqual([
      summary.version,
      summary.state_version,
    ]);
    if (!summary.is_member) {
      // What was edited or deleted since is not told any more, nor is who read what.
      const { name, is_muted, is_pinned } = summary;
      expect(held?.summary, `${what}: a chat that was left`).toMatchObject({ name, is_muted, is_pinned });
      expect(shown.map((each) => each.message_id)).toEqual(history.map((each) => each.message_id));
      const then = (list: Message[]) =>
        history.flatMap(({ message_id, version }) => {
          const found = version <= summary.version && list.find((each) => each.message_id === message_id);
          return found ? [{ ...found, status: null, reply_to_preview: null }] : [];
        });
      expect(then(shown), `${what}: what was there when leaving`).toEqual(then(history));
      return;
    }
    expect(held?.summary, `${what}: summary`).toEqual(summary);
    expect(shown, `${what}: messages`).toEqual(history);
    const { participants } = await core.getChat(this.core, this.at(who).caller, { id: chat_id });
    const present = [...(held?.participants.values() ?? [])].filter((each) => each.is_member);
    const bare = (
      list: readonly { user_id: string; role: string; joined_at: string; display_name: string }[],
    ) =>
      list
        .map(
          ({ user_id, role, joined_at, display_name }) => `${user_id} ${role} ${joined_at} ${display_name}`,
        )
        .sort();
    expect(bare(present), `${what}: participants`).toEqual(bare(participants));
  }
}
