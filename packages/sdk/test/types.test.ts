// What is asserted here is checked by tsc, in `npm run check`; running it shows that the members exist.
import {
  type InputOf,
  type Message,
  type OutputOf,
  type OwnProfile,
  type ProcedurePath,
  type Procedures,
  procedureEntries,
  type ServerEventData,
} from '@parley/contract';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type Api,
  createClient,
  type ParleyClient,
  type ParleyError,
  type ParleyErrorCode,
} from '../src/index.ts';
import { openProcedures } from '../src/procedures.ts';

type Client = ParleyClient;

describe('procedures', () => {
  test('are all there, and no others', async () => {
    expectTypeOf<{ [D in keyof Api]: keyof Api[D] }>().toEqualTypeOf<{
      [D in keyof Procedures]: keyof Procedures[D];
    }>();
    await using client = createClient({ url: 'http://127.0.0.1:1' });
    const members = (['auth', 'users', 'chats', 'messages', 'media', 'sync'] as const).flatMap((domain) =>
      Object.keys(client[domain]).map((name) => `${domain}.${name}`),
    );
    expect(members.toSorted()).toEqual(
      procedureEntries()
        .map(({ path }) => path)
        .toSorted(),
    );
  });

  test('need a token unless the contract says that anyone may call them', () => {
    const open = procedureEntries()
      .filter(({ definition }) => definition.access === 'anyone')
      .map(({ path }) => path);
    expect([...openProcedures]).toEqual(open);
  });

  test('take and answer what the contract says', () => {
    expectTypeOf<Parameters<Client['chats']['create']>[0]>().toEqualTypeOf<InputOf<'chats.create'>>();
    expectTypeOf<Awaited<ReturnType<Client['chats']['create']>>>().toEqualTypeOf<OutputOf<'chats.create'>>();
    expectTypeOf<Awaited<ReturnType<Client['users']['me']>>>().toEqualTypeOf<OwnProfile>();
    expectTypeOf<Awaited<ReturnType<Client['messages']['send']>>>().toEqualTypeOf<Message>();
    expectTypeOf<Awaited<ReturnType<Client['messages']['list']>>['messages']>().toEqualTypeOf<Message[]>();
    expectTypeOf<
      Awaited<ReturnType<Client['auth']['verifyOtp']>>['user']['is_new_user']
    >().toEqualTypeOf<boolean>();
    expectTypeOf<OutputOf<ProcedurePath>>().not.toBeAny();
  });

  test('may be called without an input only where none is needed', () => {
    expectTypeOf<[]>().toExtend<Parameters<Client['users']['me']>>();
    expectTypeOf<[]>().toExtend<Parameters<Client['users']['updateMe']>>();
    expectTypeOf<[]>().toExtend<Parameters<Client['auth']['logout']>>();
    expectTypeOf<[]>().toExtend<Parameters<Client['auth']['refresh']>>();
    expectTypeOf<[]>().not.toExtend<Parameters<Client['users']['get']>>();
    expectTypeOf<[]>().not.toExtend<Parameters<Client['messages']['list']>>();
    expectTypeOf<[]>().not.toExtend<Parameters<Client['chats']['create']>>();
    expectTypeOf<[{ chat_id: string }]>().toExtend<Parameters<Client['messages']['list']>>();
    expectTypeOf<[{ chat_id: string; limit: string }]>().not.toExtend<
      Parameters<Client['messages']['list']>
    >();
    expectTypeOf<[Record<string, never>, { signal: AbortSignal }]>().toExtend<
      Parameters<Client['users']['me']>
    >();
  });
});

describe('real time', () => {
  type Realtime = Client['realtime'];
  type Draft = Parameters<Realtime['send']>[0];

  test('events have the data of their names', () => {
    const typed = (realtime: Realtime) => {
      realtime.on('message.new', (message) => {
        expectTypeOf(message).toEqualTypeOf<ServerEventData<'message.new'>>();
        expectTypeOf(message.payload).not.toBeAny();
      });
      realtime.on('typing', ({ is_typing }) => expectTypeOf(is_typing).toEqualTypeOf<boolean>());
    };
    expectTypeOf(typed).toBeFunction();
    expectTypeOf<'message.old'>().not.toExtend<Parameters<Realtime['on']>[0]>();
  });

  test('a message needs the payload of its type, but no id', () => {
    expectTypeOf<{ chat_id: string; type: 'text'; payload: { body: string } }>().toExtend<Draft>();
    expectTypeOf<{
      chat_id: string;
      type: 'text';
      payload: { body: string };
      client_msg_id: string;
      reply_to_message_id: null;
    }>().toExtend<Draft>();
    expectTypeOf<{ chat_id: string; type: 'text'; payload: { media_id: string } }>().not.toExtend<Draft>();
    expectTypeOf<{ chat_id: string; type: 'system'; payload: { body: string } }>().not.toExtend<Draft>();
    expectTypeOf<Awaited<ReturnType<Realtime['send']>>>().toEqualTypeOf<ServerEventData<'message.sent'>>();
  });
});

describe('errors', () => {
  test('have codes of the catalogue and the three of the client', () => {
    expectTypeOf<ParleyError['code']>().toEqualTypeOf<ParleyErrorCode>();
    expectTypeOf<'CHAT_NOT_FOUND' | 'NETWORK_ERROR' | 'ABORTED' | 'TIMEOUT'>().toExtend<ParleyErrorCode>();
    expectTypeOf<string>().not.toExtend<ParleyErrorCode>();
  });
});
