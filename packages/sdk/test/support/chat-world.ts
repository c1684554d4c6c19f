/** A fake server with one group in it, and a client that looks at it. */

import type { SyncInput } from '@parley/contract';
import { expect, vi } from 'vitest';
import type { ClientOptions, ParleyClient } from '../../src/index.ts';
import type { Timing } from '../../src/timing.ts';
import { Refused } from './accounts.ts';
import { ChatModel } from './chat-model.ts';
import { signedIn, startServer } from './client.ts';
import type { FakeServer } from './server.ts';

/** What a view does by time, as short as a test needs it. */
const quick: Partial<Timing> = { gapMs: 10, refetchMs: 10, refetchMaxMs: 40, refetchLaterMs: 20, writeMs: 5 };

export interface World {
  server: FakeServer;
  client: ParleyClient;
  model: ChatModel;
  chatId: string;
  /** Sends what the model has told to every connection. */
  tell(): void;
  /** How often each procedure was called. */
  calls: Map<string, number>;
  /** What was asked of `sync`, over HTTP and the live connection. */
  asked: { by: 'http' | 'socket'; input: SyncInput }[];
}

/** What is told of a chat that is none of the user's. */
const stranger = {
  version: 0,
  state_version: 0,
  reset: true,
  removed: true,
  chat: null,
  participants: [],
  messages: [],
};

/** The client is signed in, not connected. */
export async function startWorld(
  timing: Partial<Timing> = {},
  options: Partial<ClientOptions> = {},
): Promise<World> {
  const server = await startServer();
  const client = await signedIn(server, options, { ...quick, ...timing });
  const model = new ChatModel(client.session ?? '');
  const chatId = model.chat().chat_id;
  const calls = new Map<string, number>();
  const known = (id: unknown) => {
    if (id !== chatId) throw new Refused('CHAT_NOT_FOUND');
  };
  server.intercept = (request) => {
    const path = /^\/trpc\/([\w.]+)/.exec(request.url ?? '')?.[1] ?? '';
    calls.set(path, (calls.get(path) ?? 0) + 1);
    return false;
  };
  const asked: World['asked'] = [];
  const sync = (by: 'http' | 'socket', input: SyncInput) => {
    asked.push({ by, input });
    const { chats = {}, ...rest } = input;
    const { [chatId]: own, ...others } = chats;
    const answer = model.sync({ ...rest, chats: own ? { [chatId]: own } : {} });
    const strange = Object.keys(others).map((chat_id) => ({ ...stranger, chat_id }));
    return { ...answer, chats: [...strange, ...answer.chats] };
  };
  server.overrides['sync.changes'] = (input) => sync('http', input as SyncInput);
  server.overrides['chats.list'] = () => ({ chats: [model.summary()], next_cursor: null });
  server.overrides['messages.list'] = (input) => {
    const { chat_id, ...asked } = input as { chat_id: string; limit: number };
    known(chat_id);
    return model.listed(asked);
  };
  server.overrides['messages.send'] = (input) => {
    const { payload, client_msg_id } = input as { payload: { body: string }; client_msg_id: string };
    return model.send(model.me, payload.body, { clientId: client_msg_id });
  };
  const read = (up_to_message_id: string) => {
    const seq = model.messages.find(({ message_id }) => message_id === up_to_message_id)?.seq ?? 0;
    model.move(model.me, 'read', seq, true);
    model.told.pop();
    return { unread_count: model.chat().unread_count };
  };
  server.overrides['messages.markRead'] = (input) =>
    read((input as { up_to_message_id: string }).up_to_message_id);
  server.onEvent = (event, data) => {
    if (event === 'sync') return { ok: true, data: sync('socket', data as SyncInput) };
    if (event !== 'message.read') return undefined;
    return { ok: true, data: read((data as { up_to_message_id: string }).up_to_message_id) };
  };
  server.onSend = ({ client_msg_id, payload }, times) => {
    if (times > 1) return undefined;
    model.send(model.me, (payload as { body: string }).body, { here: true, clientId: client_msg_id });
    const sent = model.told.pop();
    if (sent?.type !== 'sent') throw new Error('The model does not take it');
    return { ok: true, data: sent.data };
  };
  const tell = () => {
    for (const event of model.told.splice(0)) if ('data' in event) server.broadcast(event.type, event.data);
  };
  return { server, client, model, chatId, tell, calls, asked };
}

/** What the client shows is what the server says, but for the number that receipts raise without telling all. */
export async function converged({ client, model, chatId }: World): Promise<void> {
  await vi.waitFor(
    async () => {
      await client.settled();
      const { participants, state_version: _, ...summary } = model.chat();
      expect(client.chats.find(chatId)).toMatchObject(summary);
      const view = client.messages(chatId);
      expect(view.participants).toEqual(participants);
      expect(view.all).toEqual(model.page(null, Math.max(1, view.all.length)).messages);
    },
    { timeout: 10_000, interval: 5 },
  );
}

/** Resolves when this holds. */
export function until(holds: () => void): Promise<void> {
  return vi.waitFor(holds, { timeout: 10_000, interval: 5 });
}
