/** People over REST with their verbs as methods, for tests that read like what happened. */
import { randomUUID } from 'node:crypto';
import type { ErrorCode, Media, OutputOf } from '@parley/contract';
import type { TestParley } from './parley.ts';
import type { Answer, SignedIn } from './rest.ts';
import { openSocket, type TestSocket } from './sockets.ts';

export type Message = OutputOf<'messages.send'>;
export type Chat = OutputOf<'chats.get'>;
type ChatPage = OutputOf<'chats.list'>;

export class Person {
  readonly parley: Pick<TestParley, 'rest' | 'url'>;
  readonly user: SignedIn;
  readonly name: string;

  constructor(parley: Pick<TestParley, 'rest' | 'url'>, user: SignedIn, name: string) {
    this.parley = parley;
    this.user = user;
    this.name = name;
  }

  get id(): string {
    return this.user.id;
  }

  /** The data of a call that must succeed. */
  async do<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    return (await this.#call<T>(method, path, body)).data;
  }

  /** The code of a call that must be refused. */
  async refused(method: string, path: string, body?: unknown): Promise<ErrorCode | 'not refused'> {
    return (await this.#call(method, path, body)).body.error?.code ?? 'not refused';
  }

  #call<T>(method: string, path: string, body: unknown) {
    const options = { token: this.user.token, ...(body === undefined ? {} : { body }) };
    return this.parley.rest.call<T>(method, path, options);
  }

  async direct(other: Person): Promise<string> {
    const body = { type: 'direct', participant_id: other.id };
    return (await this.do<Chat>('POST', '/chats', body)).chat_id;
  }

  group(name: string, ...others: Person[]): Promise<Chat> {
    const participant_ids = others.map((other) => other.id);
    return this.do<Chat>('POST', '/chats', { type: 'group', name, participant_ids });
  }

  say(chat: string, body: string, more: object = {}): Promise<Message> {
    return this.do('POST', `/chats/${chat}/messages`, {
      client_msg_id: randomUUID(),
      type: 'text',
      payload: { body },
      ...more,
    });
  }

  chat(chat: string): Promise<Chat> {
    return this.do('GET', `/chats/${chat}`);
  }

  async chats(query = ''): Promise<ChatPage['chats']> {
    return (await this.do<ChatPage>('GET', `/chats${query}`)).chats;
  }

  /** All that this person sees of a chat, oldest first. */
  history(chat: string): Promise<Message[]> {
    return this.parley.rest.history(this.user, chat);
  }

  /** Bodies of what this person sees, oldest first; of deleted ones `†`. */
  async reads(chat: string): Promise<string[]> {
    const messages = await this.history(chat);
    return messages.map(({ payload, is_deleted }) =>
      is_deleted ? '†' : 'body' in payload ? payload.body : JSON.stringify(payload),
    );
  }

  async search(q: string, chat?: string): Promise<string[]> {
    const path = `${chat === undefined ? '' : `/chats/${chat}`}/messages/search?q=${encodeURIComponent(q)}`;
    const found = await this.do<OutputOf<'messages.search'>>('GET', path);
    return found.messages.map(({ payload }) => ('body' in payload ? payload.body : ''));
  }

  read(chat: string, message: Pick<Message, 'message_id'>): Promise<{ unread_count: number }> {
    return this.do('POST', `/chats/${chat}/messages/read`, { up_to_message_id: message.message_id });
  }

  /** Uploads a file; the answer may be a refusal. */
  upload(bytes: Buffer, type: Media['type'], name: string): Promise<Answer<Media>> {
    return this.parley.rest.upload('POST', '/media/upload', this.user.token, { bytes, name }, { type });
  }

  /** Uploads a file and sends it. */
  async send(
    chat: string,
    type: Media['type'],
    bytes: Buffer,
    name: string,
    more: object = {},
  ): Promise<Message> {
    const { media_id } = (await this.upload(bytes, type, name)).data;
    const payload = {
      media_id,
      ...(type === 'audio' && { duration_ms: 0 }),
      ...(type === 'document' && { filename: name }),
      ...more,
    };
    return this.do('POST', `/chats/${chat}/messages`, { client_msg_id: randomUUID(), type, payload });
  }

  /** What is behind an address, as a client finds it: without a token. */
  fetch(url: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(new URL(url, this.parley.url), { headers });
  }

  socket(kind: TestSocket['kind'] = 'raw'): Promise<TestSocket> {
    return openSocket(kind, this.parley.url, this.user.token);
  }
}

/** Makes people with these names, who do not know each other. */
export function cast<N extends string>(parley: TestParley, ...names: N[]): Promise<Record<N, Person>> {
  const each = names.map(async (name) => [name, new Person(parley, await parley.user(name), name)] as const);
  return Promise.all(each).then((people) => Object.fromEntries(people) as Record<N, Person>);
}
