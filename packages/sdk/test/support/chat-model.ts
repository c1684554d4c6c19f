/** A server's side of one group, small enough to be seen through: what is stored, what it answers, what it tells one user. */
import type {
  Chat,
  ChatSummary,
  Media,
  Message,
  MessageStatus,
  OwnChange,
  ServerEventData,
  SyncChat,
  SyncInput,
  SyncParticipant,
  SyncResult,
} from '@parley/contract';
import { ParleyError } from '../../src/errors.ts';
import { previewOf } from '../../src/view/preview.ts';
import type { RoomEvent } from '../../src/view/room.ts';

interface Member {
  joinedSeq: number;
  leftSeq: number | null;
  leftAt: string | null;
  joinedAt: string;
  delivered: number;
  read: number;
  role: 'admin' | 'member';
  /** The `state_version` of its last change, and that by which it joined. */
  changedAt: number;
  joinedAtState: number;
}

/** What raised `user_version`; how it stands is looked up when it is told. */
interface OwnRecord {
  version: number;
  kind: 'chat' | 'chat_own' | 'star' | 'hide';
  ref: string;
}

type Stored = Omit<Message, 'status' | 'is_starred' | 'reply_to_preview'>;

/** Ids that can be told apart at a glance, and sort like ids of version 7. */
function idOf(kind: 'a' | 'b' | 'c' | 'd' | 'e', number: number): string {
  return `${kind}0000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

const chatId = idOf('c', 0);

/** A video as it was uploaded, or as it is once it was looked into. */
export function videoOf(media_id: string, status: Media['status']): Media {
  const ready = status === 'ready';
  return {
    media_id,
    type: 'video',
    mime_type: 'video/mp4',
    size_bytes: 1000,
    width: ready ? 640 : null,
    height: ready ? 480 : null,
    duration_ms: ready ? 12_000 : null,
    filename: null,
    url: `/objects/${media_id}`,
    thumbnail_url: ready ? `/objects/${media_id}-thumbnail` : null,
    status,
  };
}
/** Messages that come with a reset. */
const firstMessages = 5;
const order: MessageStatus[] = ['sent', 'delivered', 'read'];

/** One chat as the server has it. What `me` is told of every change goes to `told`, in order. */
export class ChatModel {
  readonly me: string;
  /** Those who are or were in the chat, or may be; the first is `me`, the last is not in it at the beginning. */
  readonly everyone: readonly string[];
  readonly told: RoomEvent[] = [];
  readonly messages: Stored[] = [];
  readonly #members = new Map<string, Member>();
  readonly #hidden = new Set<string>();
  readonly #starred = new Set<string>();
  #version = 0;
  #stateVersion = 1;
  #userVersion = 1;
  readonly #own: OwnRecord[] = [];
  /** Of the chat, when `me` left. */
  #left = { version: 0, state_version: 0 };
  #name = 'Lake house';
  #muted = false;
  #clock = Date.parse('2026-03-01T09:00:00.000Z');

  constructor(me = idOf('a', 0)) {
    this.me = me;
    this.everyone = [me, idOf('a', 1), idOf('a', 2), idOf('a', 3)];
    for (const id of this.everyone.slice(0, -1)) this.#join(id, 0);
    this.#own.push({ version: 1, kind: 'chat', ref: chatId });
  }

  /** Whether `me` has deleted a message for itself. */
  hides(messageId: string): boolean {
    return this.#hidden.has(messageId);
  }

  /** `user_version`. */
  get userVersion(): number {
    return this.#userVersion;
  }

  get version(): number {
    return this.#version;
  }

  get isMember(): boolean {
    return this.#member(this.me).leftSeq === null;
  }

  /** Whether there are messages from before the user's time: changes of them are not told. */
  get cameLate(): boolean {
    return this.#member(this.me).joinedSeq > 0;
  }

  get head(): number {
    return this.messages.length;
  }

  /** Somebody sends; `here` is from the connection of `me`, which is answered instead of told. */
  send(
    by: string,
    body: string,
    options: { here?: boolean; replyTo?: number; clientId?: string } = {},
  ): Message | undefined {
    if (!this.#present(by)) return undefined;
    const reply = (options.replyTo ?? -1) < 0 ? undefined : this.#visible()[options.replyTo ?? 0];
    const message = this.#append(by, 'text', { body }, reply?.message_id ?? null, options.clientId);
    if (!this.isMember) return this.#render(message);
    const { message_id, client_msg_id, seq, version, created_at } = message;
    if (options.here && by === this.me) {
      const frame = {
        chat_id: chatId,
        client_msg_id,
        type: 'text' as const,
        payload: { body },
        reply_to_message_id: reply?.message_id ?? null,
      };
      const data = { message_id, client_msg_id, chat_id: chatId, seq, version, timestamp: created_at };
      this.told.push({ type: 'sent', frame, data });
    } else this.#tellNew(message);
    return this.#render(message);
  }

  /** Somebody has sent so many messages, long ago. */
  fill(by: string, count: number): void {
    for (let at = 0; at < count; at++) this.#append(by, 'text', { body: `text ${at}` }, null);
  }

  /** Somebody sends a video that nobody has looked into yet; `here` as with `send`, where the file may be known or not. */
  sendVideo(
    by: string,
    options: { here?: boolean; known?: boolean; clientId?: string; mediaId?: string } = {},
  ): void {
    if (!this.#present(by)) return;
    const media = videoOf(options.mediaId ?? idOf('e', this.head), 'processing');
    const payload = { media_id: media.media_id };
    const message = this.#append(by, 'video', payload, null, options.clientId);
    message.media = media;
    if (!this.isMember) return;
    if (!options.here || by !== this.me) {
      this.#tellNew(message);
      return;
    }
    const { message_id, client_msg_id, seq, version, created_at } = message;
    const frame = { chat_id: chatId, client_msg_id, type: 'video' as const, payload };
    const data = { message_id, client_msg_id, chat_id: chatId, seq, version, timestamp: created_at };
    this.told.push({ type: 'sent', frame, data, media: options.known ? media : undefined });
  }

  /** A worker has looked into a video: its uploader is told of the file, and everybody of the message. */
  process(at: number): void {
    const message = this.messages[at];
    if (message?.media?.status !== 'processing') return;
    const media = videoOf(message.media.media_id, 'ready');
    Object.assign(message, { media, version: ++this.#version, updated_at: this.#now() });
    const { media_id, status, thumbnail_url, duration_ms } = media;
    const data = { media_id, status, thumbnail_url, duration_ms, media };
    if (message.sender_id === this.me) this.told.push({ type: 'media.updated', data });
    if (!this.#tells(message)) return;
    const { message_id, version, updated_at: timestamp } = message;
    this.told.push({
      type: 'media.updated',
      data: { ...data, chat_id: chatId, message_id, version, timestamp },
    });
  }

  deleteForAll(at: number): void {
    const message = this.messages[at];
    if (!message || message.is_deleted || message.type === 'system') return;
    const timestamp = this.#now();
    const version = ++this.#version;
    const changes = {
      payload: {},
      reactions: {},
      media: null,
      is_deleted: true,
      updated_at: timestamp,
      version,
    };
    const { message_id } = Object.assign(message, changes);
    if (this.#tells(message)) {
      const data = { message_id, chat_id: chatId, version, timestamp };
      this.told.push({ type: 'message.deleted', data });
    }
  }

  deleteForMe(at: number): void {
    const message = this.messages[at];
    if (!message || !this.#sees(message) || this.#hidden.has(message.message_id)) return;
    this.#hidden.add(message.message_id);
    const user_version = this.#raise('hide', message.message_id);
    const data = { message_id: message.message_id, chat_id: chatId, user_version };
    this.told.push({ type: 'message.deleted', data });
  }

  edit(at: number, body: string): void {
    const message = this.messages[at];
    if (!message || message.is_deleted || message.type === 'system') return;
    const now = this.#now();
    const { media } = message;
    const payload = media ? { media_id: media.media_id, caption: body } : { body };
    Object.assign(message, { payload, edited_at: now, updated_at: now, version: ++this.#version });
    if (!this.#tells(message)) return;
    const data = { ...this.#render(message), status: 'sent' as const, is_starred: false };
    // An event of a program from before files does not tell of them.
    if (message.version % 2 === 0) data.media = null;
    this.told.push({ type: 'message.edited', data });
  }

  react(by: string, at: number, emoji: string | null): void {
    const message = this.messages[at];
    if (!message || message.is_deleted || !this.#present(by)) return;
    if ((message.reactions[by] ?? null) === emoji) return;
    const { [by]: _, ...rest } = message.reactions;
    message.reactions = emoji === null ? rest : { ...rest, [by]: emoji };
    message.version = ++this.#version;
    message.updated_at = this.#now();
    const { message_id, version, updated_at: timestamp } = message;
    if (this.#tells(message)) {
      const data = { message_id, chat_id: chatId, user_id: by, emoji, version, timestamp };
      this.told.push({ type: 'message.reaction', data });
    }
  }

  star(at: number): void {
    const message = this.messages[at];
    if (!message || !this.#sees(message) || this.#hidden.has(message.message_id)) return;
    const { message_id } = message;
    const is_starred = !this.#starred.delete(message_id);
    if (is_starred) this.#starred.add(message_id);
    const user_version = this.#raise('star', message_id);
    this.told.push({
      type: 'message.starred',
      data: { message_id, chat_id: chatId, is_starred, user_version },
    });
  }

  /** A position moves; `here` is the read of this very connection, which is answered instead of told. */
  move(by: string, status: 'delivered' | 'read', upTo: number, here = false): void {
    const member = this.#member(by);
    const seq = Math.min(upTo, this.head);
    const from = status === 'read' ? member.read : member.delivered;
    if (!this.#present(by) || seq <= from || seq <= member.joinedSeq) return;
    member.delivered = Math.max(member.delivered, seq);
    if (status === 'read') member.read = seq;
    const state_version = this.#change(by);
    const passed = this.messages.filter(
      (each) => each.seq > from && each.seq <= seq && each.sender_id !== by,
    );
    if (!this.isMember) return;
    if (here && by === this.me) {
      if (status === 'read') this.told.push({ type: 'read', data: { seq, unread: this.#unread() } });
      else this.told.push({ type: 'delivered', data: { seq } });
      return;
    }
    if (by !== this.me && !passed.some(({ sender_id }) => sender_id === this.me)) return;
    const data: ServerEventData<'message.status'> = {
      chat_id: chatId,
      user_id: by,
      status,
      message_ids: passed.map(({ message_id }) => message_id),
      up_to_seq: seq,
      state_version,
      timestamp: this.#now(),
    };
    this.told.push({ type: 'message.status', data });
  }

  /** Lets somebody in, or out. */
  toggleMember(user_id: string): void {
    const leaving = this.#present(user_id);
    const was = this.isMember;
    const state_version = ++this.#stateVersion;
    if (leaving) {
      const leftAt = this.#now();
      Object.assign(this.#member(user_id), { leftSeq: this.head, leftAt, changedAt: state_version });
      if (user_id === this.me) this.#left = { version: this.#version, state_version };
    } else this.#join(user_id, state_version);
    const action = leaving ? 'member_removed' : 'members_added';
    const system = this.#append(
      this.everyone[1] ?? '',
      'system',
      { body: action, action, user_ids: [user_id] },
      null,
    );
    const own = user_id === this.me ? { user_version: this.#raise('chat', chatId) } : {};
    if (this.isMember) this.#tellNew(system);
    if (!was && !this.isMember) return;
    const data = { chat_id: chatId, user_id, state_version, ...own };
    this.told.push(
      leaving
        ? { type: 'group.member.removed', data }
        : { type: 'group.member.added', data: { ...data, display_name: user_id } },
    );
  }

  rename(name: string): void {
    this.#name = name;
    const state_version = ++this.#stateVersion;
    if (!this.isMember) return;
    this.told.push({ type: 'chat.updated', data: { chat_id: chatId, changes: { name }, state_version } });
  }

  setRole(user_id: string): void {
    if (!this.#present(user_id)) return;
    const member = this.#member(user_id);
    member.role = member.role === 'admin' ? 'member' : 'admin';
    const state_version = this.#change(user_id);
    if (!this.isMember) return;
    const changes = { roles: { [user_id]: member.role } };
    this.told.push({ type: 'chat.updated', data: { chat_id: chatId, changes, state_version } });
  }

  mute(): void {
    this.#muted = !this.#muted;
    const changes = { is_muted: this.#muted, mute_until: null };
    const user_version = this.#raise('chat_own', chatId);
    this.told.push({ type: 'chat.updated', data: { chat_id: chatId, changes, user_version } });
  }

  /** The present answer of `GET /chats/{id}`. */
  chat(): Chat {
    const self = this.#member(this.me);
    const last = this.#visible().findLast(({ is_deleted }) => !is_deleted);
    const activity = this.messages.at(-1)?.created_at ?? '';
    const { version, state_version } = this.isMember
      ? { version: this.#version, state_version: this.#stateVersion }
      : this.#left;
    return {
      chat_id: chatId,
      type: 'group',
      name: this.#name,
      description: '',
      avatar_url: '',
      is_admin_only: false,
      auto_delete_seconds: 0,
      participant: null,
      is_member: this.isMember,
      last_message: last
        ? {
            message_id: last.message_id,
            sender_id: last.sender_id,
            type: last.type,
            preview: previewOf(last),
            timestamp: last.created_at,
          }
        : null,
      unread_count: this.#unread(),
      is_muted: this.#muted,
      mute_until: null,
      is_pinned: false,
      created_at: self.joinedAt,
      updated_at: self.leftAt ?? [activity, self.joinedAt].sort().at(-1) ?? '',
      version,
      state_version,
      participants: this.isMember
        ? [...this.#members].flatMap(([user_id, { leftSeq, role, joinedAt }]) =>
            leftSeq === null
              ? [{ user_id, display_name: user_id, avatar_url: '', role, joined_at: joinedAt }]
              : [],
          )
        : [],
    };
  }

  summary(): ChatSummary {
    const { participants: _, ...summary } = this.chat();
    return summary;
  }

  /** The present answer of `sync`. Pages end at a number of each kind. */
  sync({ user, chats = {}, limit = 200 }: SyncInput): SyncResult {
    const known = user !== undefined && user <= this.#userVersion ? user : 0;
    const changed = this.#own.filter(({ version }) => version > known);
    const page = changed.slice(0, limit);
    const more = changed.length > page.length;
    const named = chats[chatId];
    // Own changes first, with the chat that they are about; while they are cut nothing else is put behind them.
    const told = (named && !more) || page.length > 0 ? this.#syncChat(named, limit, page.length > 0) : null;
    return {
      user: {
        version: more ? (page.at(-1)?.version ?? known) : this.#userVersion,
        reset: user !== undefined && user > this.#userVersion,
        changes: page.map((record) => this.#ownChange(record)),
      },
      chats: told ? [told.chat] : [],
      has_more: more || (told?.more ?? false),
    };
  }

  #syncChat(
    given: { version: number; state_version: number } | undefined,
    limit: number,
    always: boolean,
  ): { chat: SyncChat; more: boolean } | null {
    const { joinedAtState } = this.#member(this.me);
    const summary = this.summary();
    const { version: head, state_version: stateHead } = summary;
    const reset = !given || given.state_version < joinedAtState || (this.isMember && given.version > head);
    const from = reset ? { version: 0, state_version: 0 } : given;
    if (!reset && !always && from.version >= head && from.state_version >= stateHead) return null;
    const people = this.#people().filter(
      ({ changedAt }) => this.isMember && (changedAt > from.state_version || reset),
    );
    const participants = reset ? people : people.slice(0, limit);
    const morePeople = people.length > participants.length;
    const messages = this.#visible().filter(({ version }) => version > from.version && version <= head);
    messages.sort((a, b) => a.version - b.version);
    const told = reset
      ? this.#visible().slice(-firstMessages)
      : messages.slice(0, Math.max(1, limit - participants.length));
    const moreMessages = !reset && messages.length > told.length;
    const numbers = {
      version: moreMessages ? (told.at(-1)?.version ?? 0) : head,
      state_version: morePeople ? (participants.at(-1)?.changedAt ?? 0) : stateHead,
    };
    return {
      chat: {
        chat_id: chatId,
        reset,
        removed: !this.isMember,
        ...numbers,
        // As it is now, but for its numbers.
        chat: { ...summary, ...numbers },
        participants: participants.map(({ changedAt: _, ...person }) => person),
        messages: told.map((message) => this.#render(message)),
      },
      more: morePeople || moreMessages,
    };
  }

  #people(): (SyncParticipant & { changedAt: number })[] {
    const people = [...this.#members].map(([user_id, member]) => ({
      user_id,
      display_name: user_id,
      avatar_url: '',
      role: member.role,
      joined_at: member.joinedAt,
      is_member: member.leftSeq === null,
      joined_seq: member.joinedSeq,
      left_seq: member.leftSeq,
      delivered_seq: member.delivered,
      read_seq: member.read,
      changedAt: member.changedAt,
    }));
    return people.sort((a, b) => a.changedAt - b.changedAt);
  }

  #ownChange({ version, kind, ref }: OwnRecord): OwnChange {
    const chat_id = chatId;
    const { is_muted, mute_until, is_pinned } = this.chat();
    if (kind === 'chat') return { kind, version, chat_id };
    if (kind === 'chat_own') return { kind, version, chat_id, is_muted, mute_until, is_pinned };
    if (kind === 'hide') return { kind, version, chat_id, message_id: ref };
    return { kind, version, chat_id, message_id: ref, is_starred: this.#starred.has(ref) };
  }

  /** Something of the user's own; an earlier change of the same is told by this one. */
  #raise(kind: OwnRecord['kind'], ref: string): number {
    const before = this.#own.findIndex((own) => own.kind === kind && own.ref === ref);
    if (before >= 0) this.#own.splice(before, 1);
    this.#own.push({ version: ++this.#userVersion, kind, ref });
    return this.#userVersion;
  }

  /** Something of a member. */
  #change(userId: string): number {
    this.#member(userId).changedAt = ++this.#stateVersion;
    return this.#stateVersion;
  }

  /** A page of history, oldest first, and the cursor of the next older one. */
  page(before: string | null, limit: number): { messages: Message[]; older: string | null } {
    // Ids have the number in them, and nothing is skipped that need not be: chats may be long.
    const end = before === null ? this.messages.length : Number(before.slice(-12)) - 1;
    const found: Stored[] = [];
    for (let at = end - 1; at >= 0 && found.length <= limit; at--) {
      const message = this.messages[at];
      if (message && this.#sees(message) && !this.#hidden.has(message.message_id)) found.unshift(message);
    }
    const messages = found.slice(-limit).map((message) => this.#render(message));
    return { messages, older: found.length > limit ? (messages[0]?.message_id ?? null) : null };
  }

  /** The page after a message, oldest first, and where the next newer one begins. */
  pageAfter(after: string, limit: number): { messages: Message[]; newer: string | null } {
    const found: Stored[] = [];
    for (let at = Number(after.slice(-12)); at < this.messages.length && found.length <= limit; at++) {
      const message = this.messages[at];
      if (message && this.#sees(message) && !this.#hidden.has(message.message_id)) found.push(message);
    }
    const messages = found.slice(0, limit).map((message) => this.#render(message));
    return { messages, newer: found.length > limit ? (messages.at(-1)?.message_id ?? null) : null };
  }

  /** What `messages.list` answers. */
  listed({ cursor, after, limit }: { cursor?: string; after?: string; limit: number }) {
    if (after !== undefined && this.messages[Number(after.slice(-12)) - 1]?.message_id !== after) {
      throw new ParleyError('BAD_REQUEST', 'The cursor is not a message of this chat');
    }
    const page = after === undefined ? this.page(cursor ?? null, limit) : this.pageAfter(after, limit);
    const next_cursor = 'older' in page ? page.older : page.newer;
    return { messages: page.messages.reverse(), next_cursor, has_more: next_cursor !== null };
  }

  #append(
    sender_id: string,
    type: Message['type'],
    payload: object,
    replyTo: string | null,
    clientId?: string,
  ): Stored {
    const seq = this.messages.length + 1;
    const now = this.#now();
    const message: Stored = {
      message_id: idOf('b', seq),
      chat_id: chatId,
      sender_id,
      client_msg_id: clientId ?? idOf('d', seq),
      seq,
      version: ++this.#version,
      type,
      payload: payload as Message['payload'],
      reply_to_message_id: replyTo,
      forwarded: false,
      forwarded_from: null,
      reactions: {},
      is_deleted: false,
      media: null,
      created_at: now,
      updated_at: now,
      edited_at: null,
      expires_at: null,
    };
    this.messages.push(message);
    return message;
  }

  #tellNew(message: Stored): void {
    // Made once for all members, whatever each of them has deleted or never got.
    const plain = this.#render(message, true);
    const data = { ...plain, status: 'sent' as const, timestamp: message.created_at };
    this.told.push({ type: 'message.new', data });
  }

  #join(id: string, state: number): void {
    const joinedAt = this.#now();
    const known = this.#members.get(id);
    // Who comes last is listed last.
    this.#members.delete(id);
    this.#members.set(id, {
      joinedSeq: this.head,
      leftSeq: null,
      leftAt: null,
      joinedAt,
      delivered: known?.delivered ?? 0,
      read: known?.read ?? 0,
      role: 'member',
      changedAt: state,
      joinedAtState: state,
    });
  }

  #member(id: string): Member {
    const member = this.#members.get(id);
    return (
      member ?? {
        joinedSeq: 0,
        leftSeq: 0,
        leftAt: '',
        joinedAt: '',
        delivered: 0,
        read: 0,
        role: 'member',
        changedAt: 0,
        joinedAtState: 0,
      }
    );
  }

  #present(id: string): boolean {
    return this.#member(id).leftSeq === null;
  }

  #sees({ seq }: Stored, id = this.me): boolean {
    const { joinedSeq, leftSeq } = this.#member(id);
    return seq > joinedSeq && (leftSeq === null || seq <= leftSeq);
  }

  #tells(message: Stored): boolean {
    return this.isMember && this.#sees(message);
  }

  #visible(): Stored[] {
    return this.messages.filter((each) => this.#sees(each) && !this.#hidden.has(each.message_id));
  }

  #unread(): number {
    const { read } = this.#member(this.me);
    return this.#visible().filter(
      ({ seq, sender_id, type, is_deleted }) =>
        seq > read && sender_id !== this.me && type !== 'system' && !is_deleted,
    ).length;
  }

  #status({ sender_id, seq }: Stored): MessageStatus {
    const reached = ({ delivered, read }: Member) => (seq <= read ? 2 : seq <= delivered ? 1 : 0);
    if (sender_id !== this.me) return order[reached(this.#member(this.me))] ?? 'sent';
    const all = [...this.#members].filter(([id]) => id !== this.me && this.#sees({ seq } as Stored, id));
    const least = Math.min(...all.map(([, member]) => reached(member)));
    return order[least] ?? 'sent';
  }

  #render(message: Stored, forAll = false): Message {
    const { reply_to_message_id: to } = message;
    const reply = to === null ? undefined : this.messages[Number(to.slice(-12)) - 1];
    const shown = reply && (forAll || this.#sees(reply)) ? reply : null;
    const { message_id = '', sender_id = '', type = 'text' } = shown ?? {};
    const gone = !shown || shown.is_deleted;
    const preview = gone ? '' : previewOf(shown);
    return {
      ...structuredClone(message),
      status: this.#status(message),
      is_starred: this.#starred.has(message.message_id),
      reply_to_preview: shown && { message_id, sender_id, type, preview },
    };
  }

  #now(): string {
    this.#clock += 10;
    return new Date(this.#clock).toISOString();
  }
}
