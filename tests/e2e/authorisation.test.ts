/** Every procedure, as REST route and over tRPC, and every socket event, by every kind of caller (design rule 7). */
import { randomUUID } from 'node:crypto';
import {
  clientEvents,
  type ErrorCode,
  errorCatalogue,
  type Media,
  type ProcedureDefinition,
  pathParameters,
  procedureEntries,
} from '@parley/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CallerRole,
  type Expected,
  eventRows,
  open,
  procedureRows,
  type Row,
  roles,
  type Scene,
} from '../support/authorisation.ts';
import { newPhone, startParley, type TestParley } from '../support/parley.ts';
import type { SignedIn } from '../support/rest.ts';
import { rawSocket } from '../support/sockets.ts';

let parley: TestParley;
let people: Record<CallerRole | 'blocker' | 'stranger', SignedIn>;
let direct: string;
const ownChats = new Map<CallerRole, string>();
/** Messages that `blocked` sent before it was blocked, one for each cell. */
const fromBlocked: string[] = [];
let gone: SignedIn;
/** Files, by who uploaded them. */
const files = new Map<SignedIn, string>();

const post = async <T>(by: SignedIn, path: string, body: unknown, method = 'POST') =>
  (await parley.rest.call<T>(method, path, { token: by.token, body })).data;
const message = async (by: SignedIn, chat: string) =>
  (
    await post<{ message_id: string }>(by, `/chats/${chat}/messages`, {
      client_msg_id: randomUUID(),
      type: 'text',
      payload: { body: 'hello' },
    })
  ).message_id;

beforeAll(async () => {
  parley = await startParley();
  const names = [...roles, 'blocker', 'stranger'] as const;
  const users = await Promise.all(names.map((name) => parley.user(name)));
  people = Object.fromEntries(names.map((name, index) => [name, users[index]])) as typeof people;
  direct = await parley.rest.chat(people.blocked, people.blocker);
  const needed = 2 * procedureEntries().length + Object.keys(clientEvents).length;
  for (let count = 0; count < needed; count++) fromBlocked.push(await message(people.blocked, direct));
  await post(people.blocker, `/users/${people.blocked.id}/block`, undefined);
  for (const by of [people.sender, people.blocked]) {
    const file = { bytes: Buffer.from('a text\n'), name: 'a.txt' };
    const upload = parley.rest.upload<Media>('POST', '/media/upload', by.token, file, { type: 'document' });
    files.set(by, (await upload).data.media_id);
  }
  for (const role of roles) {
    ownChats.set(role, await parley.rest.chat(people[role], await parley.user()));
  }
  gone = await parley.user('Gone');
  await post(gone, '/auth/logout', {});
});
afterAll(async () => {
  await parley[Symbol.asyncDispose]();
});

async function setScene(role: CallerRole): Promise<Scene> {
  const { admin, sender, member, removed, stranger } = people;
  const scene = {
    senderId: sender.id,
    memberId: member.id,
    strangerId: stranger.id,
    ownChat: ownChats.get(role) ?? '',
    token: people[role].token,
  };
  const media = files.get(role === 'blocked' ? people.blocked : sender) ?? '';
  if (role === 'blocked') return { ...scene, chat: direct, message: fromBlocked.pop() ?? '', media };
  const ids = [sender.id, member.id, removed.id];
  const { chat_id: chat } = await post<{ chat_id: string }>(admin, '/chats', {
    type: 'group',
    name: 'Matrix',
    participant_ids: ids,
  });
  const sent = await message(sender, chat);
  await post(sender, `/chats/${chat}/messages`, {
    client_msg_id: randomUUID(),
    type: 'document',
    payload: { media_id: media, filename: 'a.txt' },
  });
  await post(admin, `/chats/${chat}/participants/${removed.id}`, undefined, 'DELETE');
  return { ...scene, chat, message: sent, media };
}

type Outcome = { status: number; code: Expected };

async function overRest(
  definition: ProcedureDefinition,
  input: Record<string, unknown>,
  token?: string,
): Promise<Outcome> {
  const inPath = pathParameters(definition.path);
  const path = definition.path.replace(/\{(\w+)\}/g, (_, name: string) => String(input[name]));
  const rest = Object.entries(input).filter(([name]) => !inPath.includes(name));
  const reads = definition.method === 'GET' || definition.method === 'DELETE';
  const query = reads ? `?${new URLSearchParams(rest.map(([name, value]) => [name, String(value)]))}` : '';
  const answer = await parley.rest.call(definition.method, path + query, {
    ...(token === undefined ? {} : { token }),
    ...(reads ? {} : { body: Object.fromEntries(rest) }),
  });
  return { status: answer.status, code: answer.body.error?.code ?? 'ok' };
}

async function overTrpc(
  path: string,
  { kind }: ProcedureDefinition,
  input: Record<string, unknown>,
  token?: string,
): Promise<Outcome> {
  const text = JSON.stringify(input);
  const query = kind === 'query' ? `?input=${encodeURIComponent(text)}` : '';
  const answer = await fetch(`${parley.url}/trpc/${path}${query}`, {
    method: kind === 'query' ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(kind === 'query' ? {} : { body: text }),
  });
  const body = (await answer.json()) as { error?: { data: { parley: { code: ErrorCode } } } };
  return { status: answer.status, code: body.error?.data.parley.code ?? 'ok' };
}

const httpOf = (expected: Expected, definition: ProcedureDefinition): number[] =>
  expected === 'ok' ? Object.keys(definition.success).map(Number) : [errorCatalogue[expected].http];

const tokenFor = async (role: CallerRole, row: Row) =>
  row.endsSession ? (await parley.rest.signIn(people[role].phone)).token : people[role].token;

describe.each(procedureEntries())('$path', ({ path, definition }) => {
  const opened = open[path];
  if (opened) {
    it('is open to anyone', async () => {
      const input = path === 'auth.requestOtp' ? { phone: newPhone() } : opened.input;
      expect((await overRest(definition, input)).code).toBe(opened.expect);
      const again = path === 'auth.requestOtp' ? { phone: newPhone() } : opened.input;
      expect((await overTrpc(path, definition, again)).code).toBe(opened.expect);
    });
    return;
  }
  const row = procedureRows[path as keyof typeof procedureRows];

  it('needs a session that was not ended', async () => {
    const scene = await setScene('member');
    const input = row.input(scene);
    expect((await overRest(definition, input)).code).toBe('UNAUTHORIZED');
    expect((await overTrpc(path, definition, input)).code).toBe('UNAUTHORIZED');
    expect((await overRest(definition, input, gone.token)).code).toBe('TOKEN_INVALID');
    expect((await overTrpc(path, definition, input, gone.token)).code).toBe('TOKEN_INVALID');
  });

  it.each(roles)('answers %s as the table says', async (role) => {
    const expected = row.expect[role];
    const rest = await overRest(definition, row.input(await setScene(role)), await tokenFor(role, row));
    expect(rest.code).toBe(expected);
    expect(httpOf(expected, definition)).toContain(rest.status);
    const trpc = await overTrpc(path, definition, row.input(await setScene(role)), await tokenFor(role, row));
    expect(trpc.code).toBe(expected);
  });
});

describe.each(Object.keys(clientEvents) as (keyof typeof clientEvents)[])('event %s', (event) => {
  const row = eventRows[event];

  it('needs a session that was not ended', async () => {
    const late = await rawSocket(parley.url, gone.token);
    expect(await late.closed).toBe(4001);
    const nobody = await rawSocket(parley.url, '');
    nobody.emit(event, event === 'auth' ? { token: 'x' } : row.input(await setScene('member')));
    expect(await nobody.closed).toBe(4001);
  });

  it.each(roles)('answers %s as the table says', async (role) => {
    // One of its own: one that waits for its turn for long is closed for its silence.
    const socket = await rawSocket(parley.url, people[role].token);
    const answer = await socket.ask(event, row.input(await setScene(role)));
    socket.close();
    const expected = row.expect[role];
    expect(answer.event === 'error' ? answer.data.reason : 'ok').toBe(expected);
    if (expected !== 'ok') expect(answer.data.code).toBe(errorCatalogue[expected].socket);
  });
});
