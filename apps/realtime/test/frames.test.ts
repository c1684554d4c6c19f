import { randomUUID } from 'node:crypto';
import { serverEvents } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import { transports } from './support/clients.ts';
import { World } from './support/world.ts';

describe('frames on /ws', () => {
  it.each([
    ['not JSON', 'hello'],
    ['cut off', '{"event":"ping"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['without an event', '{"data":{}}'],
    ['with a number as event', '{"event":5}'],
    ['with a number as req_id', '{"event":"ping","req_id":5}'],
    ['empty', ''],
  ])('are refused when they are %s, and the connection stays', async (_what, text) => {
    await using world = await World.start();
    const client = await world.device('ws', world.alice);
    client.socket.send(text);
    const { data } = await client.next('error');
    expect(data).toMatchObject({ code: 4022, reason: 'BAD_REQUEST' });
    expect(serverEvents.error.parse(data)).toEqual(data);
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
  });

  it('are refused when they are binary, and the connection stays', async () => {
    await using world = await World.start();
    const client = await world.device('ws', world.alice);
    client.socket.send(Buffer.from('{"event":"ping"}'));
    expect((await client.next('error')).data).toMatchObject({ code: 4022, reason: 'BAD_REQUEST' });
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
  });

  it('get their req_id back, with an error too', async () => {
    await using world = await World.start();
    const client = await world.device('ws', world.alice);
    client.send('message.send', world.text(), 'mine');
    expect((await client.next('message.sent')).req_id).toBe('mine');
    client.send('ping', undefined, 'p');
    expect((await client.next('pong')).req_id).toBe('p');
    client.send('typing.start', { chat_id: world.chat }, 't');
    expect(await client.next('typing.start')).toMatchObject({ data: {}, req_id: 't' });
    client.send('typing.start', { chat_id: randomUUID() }, 'u');
    expect((await client.next('error')).req_id).toBe('u');
    client.socket.send('{"req_id":"v"}');
    expect((await client.next('error')).req_id).toBe('v');
  });

  it('without a req_id are answered only where the contract says so', async () => {
    await using world = await World.start();
    const client = await world.device('ws', world.alice);
    client.send('message.send', world.text());
    const sent = await client.next('message.sent');
    expect(sent).not.toHaveProperty('req_id');
    expect(sent.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    client.send('typing.start', { chat_id: world.chat });
    client.send('ping');
    await client.next('pong');
    expect(await client.rest('typing.start')).toEqual([]);
  });

  it('of 64 KB are read, larger ones close 1009', async () => {
    await using world = await World.start();
    const client = await world.device('ws', world.alice);
    const frame = JSON.stringify({ event: 'ping', data: { pad: '' } });
    client.socket.send(frame.replace('""', `"${'x'.repeat(65_536 - frame.length)}"`));
    await client.next('pong');
    client.socket.send(frame.replace('""', `"${'x'.repeat(65_537 - frame.length)}"`));
    expect((await client.closed).code).toBe(1009);
    expect(await world.metric('parley_realtime_closes_total', { reason: 'too_big' })).toBe(1);
  });
});

describe('packets on /socket.io', () => {
  it('larger than 64 KB close 1009', async () => {
    await using world = await World.start();
    const client = await world.device('socketio', world.alice);
    client.send('ping', { pad: 'x'.repeat(65_537) });
    expect((await client.closed).code).toBe(1009);
  });

  it('with binary data are refused, and the connection stays', async () => {
    await using world = await World.start();
    const client = await world.device('socketio', world.alice);
    const answer = await client.ask('message.send', { ...world.text(), payload: Buffer.from('x') });
    expect(answer).toMatchObject({ ok: false, error: { reason: 'VALIDATION_ERROR' } });
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
  });

  it('may have no argument, or too many', async () => {
    await using world = await World.start();
    const { socket, ...client } = await world.device('socketio', world.alice);
    expect(client).toBeDefined();
    expect(await socket.emitWithAck('ping')).toEqual({ ok: true, data: {} });
    expect(await socket.emitWithAck('ping', {}, 'more', 5)).toEqual({ ok: true, data: {} });
    expect(await socket.emitWithAck('message.send')).toMatchObject({
      ok: false,
      error: { code: 'VALIDATION_ERROR' },
    });
  });

  it('without an acknowledgement are answered by events', async () => {
    await using world = await World.start();
    const client = await world.device('socketio', world.alice);
    client.send('message.send', world.text());
    expect((await client.next('message.sent')).data.seq).toBe(1);
    client.send('ping');
    await client.next('pong');
    client.send('message.send', {});
    expect((await client.next('error')).data).toMatchObject({ code: 4022, reason: 'VALIDATION_ERROR' });
  });
});

describe.each(transports)('frames on %s', (transport) => {
  it.each(['nothing.known', 'error', 'constructor', '__proto__', 'synchronise', 'message.new', ''])(
    'with the unknown event "%s" get 4022, and the connection stays',
    async (event) => {
      await using world = await World.start();
      const client = await world.device(transport, world.alice);
      client.send(event, {});
      expect((await client.next('error')).data).toMatchObject({ code: 4022, reason: 'BAD_REQUEST' });
      expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
    },
  );

  it('that break the schema are told which fields, without their values', async () => {
    await using world = await World.start();
    const client = await world.device(transport, world.alice);
    const refused = await client.ask('message.send', { ...world.text(), chat_id: 'my-secret' });
    expect(refused).toMatchObject({ ok: false, error: { reason: 'VALIDATION_ERROR' } });
    const { error } = refused as { error: { details: { path: string }[] } };
    expect(error.details.map((detail) => detail.path)).toEqual(['chat_id']);
    expect(JSON.stringify(refused)).not.toContain('my-secret');
  });

  it('that fail inside are told nothing but that', async () => {
    await using world = await World.start();
    const client = await world.device(transport, world.alice);
    world.fake.messages.failWith = new Error('relation "messages" at 10.0.0.5 is gone');
    const refused = await client.ask('message.send', world.text('a very private text'));
    expect(refused).toMatchObject({ ok: false, error: { reason: 'INTERNAL_ERROR' } });
    expect(JSON.stringify(refused)).not.toContain('10.0.0.5');
    const [line] = world.fake.logged.map((text) => JSON.parse(text));
    expect(line).toMatchObject({ level: 'error', event: 'message.send', user_id: world.alice });
    expect(line.request_id).toMatch(/^[A-Za-z0-9._:-]{8,128}$/);
    expect(world.fake.logged.join()).not.toContain('private text');
  });
});
