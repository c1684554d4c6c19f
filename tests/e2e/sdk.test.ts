/** The SDK against the real server: typed calls, live events, and sends that survive what networks and servers do. */
import { type ParleyClient, ParleyError } from '@parley/sdk';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import { person } from '../support/sdk.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

/** The first event that matches, from now on. */
function once<E extends Parameters<ParleyClient['realtime']['on']>[0]>(
  client: ParleyClient,
  event: E,
  match: (data: never) => boolean = () => true,
): Promise<unknown> {
  return new Promise((resolve) => {
    const off = client.realtime.on(event, (data: unknown) => {
      if (!match(data as never)) return;
      off();
      resolve(data);
    });
  });
}

describe('two people', () => {
  it('sign in, open a chat, talk, and see ticks, typing and presence', async () => {
    const [ada, ben] = [await person(parley.url, 'Ada'), await person(parley.url, 'Ben')];
    await Promise.all([ada.realtime.connect(), ben.realtime.connect()]);
    const chat = await ada.chats.create({ type: 'direct', participant_id: ben.id });
    expectTypeOf(chat.chat_id).toEqualTypeOf<string>();

    const arrives = once(ben, 'message.new');
    const sent = await ada.realtime.send({
      chat_id: chat.chat_id,
      type: 'text',
      payload: { body: 'Hello!' },
    });
    expect(await arrives).toMatchObject({ message_id: sent.message_id, payload: { body: 'Hello!' } });

    const read = once(ada, 'message.status', (status: { status: string }) => status.status === 'read');
    expect(await ben.realtime.read(chat.chat_id, sent.message_id)).toEqual({ unread_count: 0 });
    expect(await read).toMatchObject({ user_id: ben.id, up_to_seq: 1 });

    const typing = once(ada, 'typing');
    ben.realtime.typing(chat.chat_id, true);
    expect(await typing).toEqual({ chat_id: chat.chat_id, user_id: ben.id, is_typing: true });

    const online = once(ada, 'presence');
    await ada.realtime.subscribePresence([ben.id]);
    expect(await online).toMatchObject({ user_id: ben.id, online: true });
    const offline = once(ada, 'presence', (presence: { online: boolean }) => !presence.online);
    await ben.close();
    await offline;

    const page = await ada.messages.list({ chat_id: chat.chat_id });
    expect(page.messages.map((message) => message.status)).toEqual(['read']);
    await ada.close();
  });

  it('get typed errors', async () => {
    const ada = await person(parley.url, 'Ada');
    const chats = ada.chats.create({ type: 'direct', participant_id: ada.id });
    await expect(chats).rejects.toMatchObject({ name: 'ParleyError', code: 'BAD_REQUEST' });
    const name = ada.users.updateMe({ display_name: 'x'.repeat(65) });
    const error = await name.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ParleyError);
    expect((error as ParleyError).details[0]?.path).toBe('display_name');
    await ada.close();
  });
});
