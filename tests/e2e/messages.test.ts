import { randomUUID } from 'node:crypto';
import type { OutputOf } from '@parley/contract';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import type { SignedIn } from '../support/rest.ts';
import { rawSocket } from '../support/sockets.ts';

type Message = OutputOf<'messages.send'>;
let parley: TestParley;
let second: TestParley;
beforeAll(async () => {
  parley = await startParley();
  second = await parley.another();
});
afterAll(async () => {
  await second[Symbol.asyncDispose]();
  await parley[Symbol.asyncDispose]();
});

async function pair() {
  const [ada, ben] = await Promise.all([parley.user('Ada'), parley.user('Ben')]);
  return { ada, ben, chat: await parley.rest.chat(ada, ben) };
}
const text = (body: string, id = randomUUID(), more: object = {}) => ({
  client_msg_id: id,
  type: 'text',
  payload: { body },
  ...more,
});
const send = (from: SignedIn, chat: string, body: unknown, on = parley) =>
  on.rest.call<Message>('POST', `/chats/${chat}/messages`, { token: from.token, body });
const page = async (by: SignedIn, chat: string, query = '') =>
  (
    await parley.rest.call<OutputOf<'messages.list'>>('GET', `/chats/${chat}/messages${query}`, {
      token: by.token,
    })
  ).data;
const code = (answer: { body: { error: { code: string } | null } }) => answer.body.error?.code;

describe('sending', () => {
  it('stores one message of two hundred concurrent sends with the same client_msg_id, on two instances', async () => {
    const { ada, chat } = await pair();
    const body = text('once');
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => send(ada, chat, body, n % 2 === 0 ? parley : second)),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(199);
    expect(new Set(answers.map((answer) => answer.data.message_id)).size).toBe(1);
    expect((await page(ada, chat)).messages).toHaveLength(1);
  });

  it('lets two senders use the same client_msg_id', async () => {
    const { ada, ben, chat } = await pair();
    const id = randomUUID();
    const answers = await Promise.all([send(ada, chat, text('a', id)), send(ben, chat, text('b', id))]);
    expect(answers.map((answer) => answer.status)).toEqual([201, 201]);
  });

  it('refuses a client_msg_id that was used for something else', async () => {
    const { ada, ben, chat } = await pair();
    const cleo = await parley.user();
    const other = await parley.rest.chat(ada, cleo);
    const id = randomUUID();
    await send(ada, chat, text('first', id));
    for (const answer of [
      await send(ada, chat, text('second', id)),
      await send(ada, other, text('first', id)),
      await send(ada, chat, { client_msg_id: id, type: 'location', payload: { latitude: 1, longitude: 2 } }),
    ]) {
      expect([answer.status, code(answer)]).toEqual([409, 'CONFLICT']);
    }
    expect((await page(ben, chat)).messages).toHaveLength(1);
  });

  it('numbers without gaps under concurrent writers on two instances, whatever is refused in between', async () => {
    const { ada, ben, chat } = await pair();
    const twice = randomUUID();
    await Promise.all(
      Array.from({ length: 150 }, (_, n) => {
        const on = n % 2 === 0 ? parley : second;
        if (n % 10 === 3) return send(ada, chat, text('twice', twice), on);
        if (n % 10 === 5) return send(ada, randomUUID(), text('nowhere'), on);
        if (n % 10 === 7)
          return send(ada, chat, text('reply', randomUUID(), { reply_to_message_id: randomUUID() }), on);
        return send(n % 3 === 0 ? ada : ben, chat, text(`${n}`), on);
      }),
    );
    const messages = [...(await page(ada, chat, '?limit=100')).messages];
    const older = await page(ada, chat, `?limit=100&cursor=${messages.at(-1)?.message_id}`);
    const all = [...messages, ...older.messages].reverse();
    expect(all.map((message) => message.seq)).toEqual(all.map((_, index) => index + 1));
    expect(all.map((message) => message.version)).toEqual(all.map((_, index) => index + 1));
    expect(
      all.filter(
        (message) => message.payload && 'body' in message.payload && message.payload.body === 'twice',
      ),
    ).toHaveLength(1);
  });

  it('makes numbers visible in their order: a reader never sees a later one before an earlier one', async () => {
    const { ada, ben, chat } = await pair();
    let writing = true;
    const reader = (async () => {
      let reads = 0;
      while (writing || reads === 0) {
        const seqs = (await page(ben, chat, '?limit=100')).messages.map((message) => message.seq).reverse();
        const first = seqs[0] ?? 1;
        expect(seqs).toEqual(seqs.map((_, index) => first + index));
        if (seqs.length < 100) expect(first).toBe(1);
        reads++;
      }
    })();
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let n = 0; n < 25; n++)
          await send(writer % 2 ? ada : ben, chat, text(`${n}`), writer % 3 ? parley : second);
      }),
    );
    writing = false;
    await reader;
  });

  it('keeps text as it was sent: emoji, scripts, markup, newlines', async () => {
    const { ada, ben, chat } = await pair();
    const body = ' <b>مرحبا</b> 👩‍👩‍👧‍👦 नमस्ते\n\t你好 & "quotes" \\ $x \u2028 e\u0301 ';
    await send(ada, chat, text(body));
    expect((await page(ben, chat)).messages[0]?.payload).toEqual({ body });
  });

  it('counts code points and strips control characters', async () => {
    const { ada, chat } = await pair();
    expect((await send(ada, chat, text('👍'.repeat(4096)))).status).toBe(201);
    const long = await send(ada, chat, text('👍'.repeat(4097)));
    expect([long.status, code(long)]).toEqual([422, 'VALIDATION_ERROR']);
    expect(long.body.error?.details[0]?.path).toBe('payload.body');
    const clean = await send(ada, chat, text('a\u0000b\u0007c\u009fd\r\ne'));
    expect(clean.data.payload).toEqual({ body: 'abcd\ne' });
    for (const body of ['', '\u0000\u0001\u001b\u009f', '\ud800', 'x\udc00y']) {
      expect((await send(ada, chat, text(body))).status).toBe(422);
    }
    // White space is text: only what is empty after the stripping is refused.
    expect((await send(ada, chat, text(' \n\t '))).data.payload).toEqual({ body: ' \n\t ' });
    expect((await page(ada, chat)).messages).toHaveLength(3);
  });

  it('sends a location, and replies with a preview', async () => {
    const { ada, ben, chat } = await pair();
    const place = { latitude: 52.52, longitude: 13.405, name: 'Berlin' };
    const first = await send(ada, chat, { client_msg_id: randomUUID(), type: 'location', payload: place });
    expect(first.data.payload).toEqual(place);
    const reply = await send(
      ben,
      chat,
      text('nice', randomUUID(), { reply_to_message_id: first.data.message_id }),
    );
    const preview = {
      message_id: first.data.message_id,
      sender_id: ada.id,
      type: 'location',
      preview: '📍 Location',
    };
    expect(reply.data.reply_to_preview).toEqual(preview);
    expect((await page(ada, chat)).messages[0]?.reply_to_preview).toEqual(preview);
  });

  it('refuses what is not the caller’s: chats, replies, media, system messages', async () => {
    const { ada, chat } = await pair();
    const { ada: eve, chat: evesChat } = await pair();
    const evesMessage = (await send(eve, evesChat, text('hers'))).data.message_id;
    expect(code(await send(eve, chat, text('let me in')))).toBe('CHAT_NOT_FOUND');
    expect(code(await send(ada, randomUUID(), text('nowhere')))).toBe('CHAT_NOT_FOUND');
    expect(code(await send(ada, chat, text('re', randomUUID(), { reply_to_message_id: evesMessage })))).toBe(
      'NOT_FOUND',
    );
    const image = { client_msg_id: randomUUID(), type: 'image', payload: { media_id: randomUUID() } };
    expect(code(await send(ada, chat, image))).toBe('NOT_FOUND');
    const system = { client_msg_id: randomUUID(), type: 'system', payload: { body: 'x', action: 'y' } };
    expect(code(await send(ada, chat, system))).toBe('VALIDATION_ERROR');
    expect((await page(ada, chat)).messages).toHaveLength(0);
  });
});

describe('a blocked pair', () => {
  it('cannot message each other, but a repeated send is answered as before', async () => {
    const { ada, ben, chat } = await pair();
    const accepted = text('before the block');
    const first = await send(ada, chat, accepted);
    const client = new pg.Client(parley.databaseUrl);
    await client.connect();
    await client.query(
      'INSERT INTO contacts (user_id, contact_id, is_contact, is_blocked) VALUES ($1, $2, false, true)',
      [ben.id, ada.id],
    );
    await client.end();
    // The chat's cached state lives for a few seconds; this is what an invalidation does.
    for (const { core } of parley.runtimes) core.chatCache.invalidate(chat);
    for (const from of [ada, ben]) {
      const refused = await send(from, chat, text('after'));
      expect([refused.status, code(refused)]).toEqual([403, 'USER_BLOCKED']);
    }
    const again = await send(ada, chat, accepted);
    expect([again.status, again.data.message_id]).toEqual([200, first.data.message_id]);
    const other = await send(ada, chat, { ...accepted, payload: { body: 'something else' } });
    expect(code(other)).toBe('USER_BLOCKED');
    expect((await page(ben, chat)).messages).toHaveLength(1);
    const presence = await parley.rest.call('GET', `/users/${ben.id}/presence`, { token: ada.token });
    expect(presence.data).toEqual({ user_id: ben.id, online: null, last_seen: null });
  });
});

describe('history', () => {
  it('pages from the newest to the oldest without loss or repeat while messages arrive', async () => {
    const { ada, ben, chat } = await pair();
    for (let n = 0; n < 25; n++) await send(ada, chat, text(`${n}`));
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const part: OutputOf<'messages.list'> = await page(
        ben,
        chat,
        `?limit=10${cursor ? `&cursor=${cursor}` : ''}`,
      );
      seen.push(...part.messages.map((message) => message.seq));
      cursor = part.next_cursor;
      expect(part.has_more).toBe(cursor !== null);
      await send(ada, chat, text('more'));
    } while (cursor);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => 25 - n));
  });

  it('pages from any message to the newest, without loss or repeat while messages arrive', async () => {
    const { ada, ben, chat } = await pair();
    const sent = await Promise.all(
      Array.from({ length: 30 }, (_, n) => send(ada, chat, text(`before ${n}`))),
    );
    const first = sent.map(({ data }) => data).find(({ seq }) => seq === 1);
    const more = Promise.all(Array.from({ length: 20 }, (_, n) => send(ben, chat, text(`meanwhile ${n}`))));
    const walked: Message[] = [];
    let after = first?.message_id ?? '';
    for (let isMore = true; isMore; ) {
      const part = await page(ada, chat, `?limit=7&after=${after}`);
      walked.push(...part.messages.toReversed());
      after = part.next_cursor ?? '';
      isMore = part.has_more;
    }
    await more;
    expect(walked.length).toBeGreaterThanOrEqual(29);
    expect(walked.map(({ seq }) => seq)).toEqual(walked.map((_, index) => index + 2));
  });

  it('refuses cursors that it cannot read, and other people', async () => {
    const { ada, chat } = await pair();
    const other = await pair();
    const foreign = (await send(other.ada, other.chat, text('x'))).data.message_id;
    const get = (by: SignedIn, query: string) =>
      parley.rest.call('GET', `/chats/${chat}/messages${query}`, { token: by.token });
    for (const cursor of ['nonsense', randomUUID(), foreign]) {
      for (const name of ['cursor', 'after']) {
        const answer = await get(ada, `?${name}=${cursor}`);
        expect([answer.status, code(answer)]).toEqual([400, 'BAD_REQUEST']);
      }
    }
    expect(code(await get(other.ada, ''))).toBe('CHAT_NOT_FOUND');
    for (const limit of ['0', '101', 'many', '1.5'])
      expect((await get(ada, `?limit=${limit}`)).status).toBe(422);
  });
});

describe('positions', () => {
  const read = (by: SignedIn, chat: string, id: string) =>
    parley.rest.call<{ unread_count: number }>('POST', `/chats/${chat}/messages/read`, {
      token: by.token,
      body: { up_to_message_id: id },
    });

  it('move forward only, and statuses and unread counts follow', async () => {
    const { ada, ben, chat } = await pair();
    const sent: Message[] = [];
    for (let n = 0; n < 4; n++) sent.push((await send(ada, chat, text(`${n}`))).data);
    const at = (n: number) => sent[n]?.message_id as string;
    expect((await read(ben, chat, at(1))).data).toEqual({ unread_count: 2 });
    expect((await read(ben, chat, at(0))).data).toEqual({ unread_count: 2 });
    const socket = await rawSocket(parley.url, ben.token);
    const adas = await rawSocket(parley.url, ada.token);
    socket.emit('message.delivered', { message_ids: [at(2), at(0), randomUUID()] });
    expect(await adas.next('message.status')).toMatchObject({
      status: 'delivered',
      up_to_seq: 3,
      message_ids: [at(2)],
    });
    const statuses = (await page(ada, chat)).messages.map((message) => message.status);
    expect(statuses).toEqual(['sent', 'delivered', 'read', 'read']);
    const own = (await page(ben, chat)).messages.map((message) => message.status);
    expect(own).toEqual(['sent', 'delivered', 'read', 'read']);
    expect((await read(ben, chat, at(3))).data).toEqual({ unread_count: 0 });
  });

  it('take one event and one write for a hundred acknowledgements', async () => {
    const { ada, ben, chat } = await pair();
    const adas = await rawSocket(parley.url, ada.token);
    const bens = await rawSocket(parley.url, ben.token);
    const sent = await Promise.all(Array.from({ length: 100 }, (_, n) => adas.send(chat, `${n}`)));
    bens.emit('message.delivered', { message_ids: sent.map((message) => message.message_id) });
    const status = await adas.next('message.status');
    expect(status).toMatchObject({ up_to_seq: 100, status: 'delivered' });
    expect(status.message_ids).toHaveLength(100);
    await parley.settled();
    expect(adas.received.filter((frame) => frame.event === 'message.status')).toHaveLength(1);
  });

  it('cannot be moved by outsiders or by messages of elsewhere', async () => {
    const { ada, ben, chat } = await pair();
    const other = await pair();
    const message = (await send(ada, chat, text('x'))).data.message_id;
    const foreign = (await send(other.ada, other.chat, text('x'))).data.message_id;
    expect(code(await read(other.ada, chat, message))).toBe('CHAT_NOT_FOUND');
    expect(code(await read(ben, chat, foreign))).toBe('NOT_FOUND');
    const eve = await rawSocket(parley.url, other.ada.token);
    eve.emit('message.delivered', { message_ids: [message] });
    expect(await eve.next('error')).toMatchObject({ code: 4004, reason: 'NOT_FOUND' });
    expect((await page(ada, chat)).messages[0]?.status).toBe('sent');
  });

  it('keep the state_version without holes under concurrent moves on two instances', async () => {
    const { ada, ben, chat } = await pair();
    const sent: Message[] = [];
    for (let n = 0; n < 30; n++) sent.push((await send(n % 2 ? ada : ben, chat, text(`${n}`))).data);
    const sockets = await Promise.all([rawSocket(parley.url, ada.token), rawSocket(second.url, ben.token)]);
    await Promise.all(
      sent.map((message, n) =>
        (n % 2 ? parley : second).rest.call('POST', `/chats/${chat}/messages/read`, {
          token: (n % 2 ? ben : ada).token,
          body: { up_to_message_id: message.message_id },
        }),
      ),
    );
    await Promise.all([parley.settled(), second.settled()]);
    const detail = await parley.rest.call<OutputOf<'chats.get'>>('GET', `/chats/${chat}`, {
      token: ada.token,
    });
    const versions = [
      ...new Set(sockets.flatMap((s) => s.received).flatMap((f) => f.data.state_version ?? [])),
    ];
    versions.sort((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: detail.data.state_version - 1 }, (_, n) => n + 2));
  });
});

describe('direct chats', () => {
  it('are one per pair, also when both ask a hundred times at once on two instances', async () => {
    const [ada, ben] = await Promise.all([parley.user(), parley.user()]);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        (n % 3 ? parley : second).rest.call<{ chat_id: string }>('POST', '/chats', {
          token: (n % 2 ? ada : ben).token,
          body: { type: 'direct', participant_id: (n % 2 ? ben : ada).id },
        }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(99);
    expect(new Set(answers.map((answer) => answer.data.chat_id)).size).toBe(1);
  });

  it('are not for oneself, for nobody, or for outsiders to see', async () => {
    const { ada, ben, chat } = await pair();
    const eve = await parley.user();
    const open = (id: string) =>
      parley.rest.call('POST', '/chats', { token: ada.token, body: { type: 'direct', participant_id: id } });
    expect(code(await open(ada.id))).toBe('BAD_REQUEST');
    expect(code(await open(randomUUID()))).toBe('NOT_FOUND');
    const get = (by: SignedIn, id = chat) => parley.rest.call('GET', `/chats/${id}`, { token: by.token });
    expect(code(await get(eve))).toBe('CHAT_NOT_FOUND');
    expect(code(await get(eve, randomUUID()))).toBe('CHAT_NOT_FOUND');
    expect((await get(ben)).data).toMatchObject({
      chat_id: chat,
      type: 'direct',
      version: 0,
      state_version: 1,
    });
  });
});

it('tells senders of deliveries beyond a read that was written together with them', async () => {
  const { ada, ben, chat } = await pair();
  const adas = await rawSocket(parley.url, ada.token);
  const bens = await rawSocket(parley.url, ben.token);
  const sent = await Promise.all(Array.from({ length: 10 }, (_, n) => adas.send(chat, `${n}`)));
  bens.emit('message.delivered', { message_ids: [sent[9]?.message_id] });
  bens.emit('message.read', { chat_id: chat, up_to_message_id: sent[7]?.message_id });
  await adas.next('message.status', (data) => data.status === 'delivered' && data.up_to_seq === 10);
  await adas.next('message.status', (data) => data.status === 'read' && data.up_to_seq === 8);
});
