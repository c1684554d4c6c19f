import { describe, expect, it } from 'vitest';

import { rawWire } from '../src/load/raw-wire.ts';
import { socketIoWire } from '../src/load/socketio-wire.ts';
import { emptyIncoming, type Incoming, scanNumber, scanString, type Wire } from '../src/load/wire.ts';

const message = {
  message_id: '0193-m',
  chat_id: '0193-c',
  sender_id: '0193-s',
  // Text that looks like keys must not be taken for them.
  payload: { body: '"seq":99 and "client_msg_id":"evil" \\' },
  reply_to_message_id: null,
  reply_to_preview: null,
  client_msg_id: '7a0f-id',
  seq: 1234,
  version: 7,
};
const ids = { messageId: '0193-m', chatId: '0193-c', clientMsgId: '7a0f-id', seq: 1234 };

function read(wire: Wire, text: string): Incoming & { replies: string[] } {
  const incoming = emptyIncoming();
  const replies: string[] = [];
  wire.read(text, incoming, (reply) => replies.push(reply));
  return { ...incoming, replies };
}

describe('scanning', () => {
  it('finds values and says when there are none', () => {
    expect(scanString('{"a":"x","b":"y"}', '"b":"')).toBe('y');
    expect(scanString('{"a":"x"}', '"b":"')).toBe('');
    expect(scanNumber('{"seq":0}', '"seq":')).toBe(0);
    expect(scanNumber('{"seq":120,"x":1}', '"seq":')).toBe(120);
    expect(scanNumber('{"seq":null}', '"seq":')).toBe(-1);
  });
});

describe('raw wire', () => {
  const wire = rawWire();

  it('sends a frame with the id as client_msg_id and as req_id', () => {
    expect(JSON.parse(wire.message('chat', 'a "quoted" body')('id'))).toEqual({
      event: 'message.send',
      data: { chat_id: 'chat', client_msg_id: 'id', type: 'text', payload: { body: 'a "quoted" body' } },
      req_id: 'id',
    });
  });

  it.each([0, 2])('reads messages and answers, indented by %i', (indent) => {
    const frame = (event: string): string => JSON.stringify({ event, data: message }, null, indent);
    expect(read(wire, frame('message.new'))).toMatchObject({ kind: 'new', ...ids });
    expect(read(wire, frame('message.sent'))).toMatchObject({ kind: 'sent', ...ids });
  });

  it('reads the other events', () => {
    const error = {
      event: 'error',
      data: { code: 4029, reason: 'TOO_MANY_REQUESTS', message: 'slow' },
      req_id: 'id',
    };
    expect(read(wire, JSON.stringify(error))).toMatchObject({
      kind: 'error',
      clientMsgId: 'id',
      reason: 'TOO_MANY_REQUESTS: slow',
    });
    expect(read(wire, '{"event":"message.status","data":{}}').kind).toBe('status');
    expect(read(wire, '{"event":"pong","data":{}}').kind).toBe('ready');
    expect(read(wire, '{"event":"presence","data":{}}').kind).toBe('other');
  });
});

describe('Socket.IO wire', () => {
  it('signs in, and is ready when a ping is acknowledged', () => {
    const wire = socketIoWire();
    wire.target('secret');
    expect(read(wire, '0{"sid":"x","pingInterval":25000}').replies).toEqual(['40{"token":"secret"}']);
    expect(read(wire, '40{"sid":"y"}').replies).toEqual(['421["ping",{}]']);
    expect(read(wire, '431[{"ok":true,"data":{}}]').kind).toBe('ready');
    expect(read(wire, '2').replies).toEqual(['3']);
    expect(read(wire, '44{"message":"TOKEN_INVALID"}')).toMatchObject({
      kind: 'error',
      reason: 'connection refused: {"message":"TOKEN_INVALID"}',
    });
  });

  it.each([0, 2])('sends, and reads messages and acknowledgements, indented by %i', (indent) => {
    const wire = socketIoWire();
    const frame = wire.message('chat', 'hello')('id');
    expect(frame.startsWith('421[')).toBe(true);
    expect(JSON.parse(frame.slice(3))).toEqual([
      'message.send',
      { chat_id: 'chat', client_msg_id: 'id', type: 'text', payload: { body: 'hello' } },
    ]);
    const json = (value: unknown): string => JSON.stringify(value, null, indent);
    expect(read(wire, `431${json([{ ok: true, data: message }])}`)).toMatchObject({ kind: 'sent', ...ids });
    const event = `42${json(['message.new', message])}`.replace('[\n  "', '["');
    expect(read(wire, event)).toMatchObject({ kind: 'new', ...ids });
  });

  it('tells which message was refused', () => {
    const wire = socketIoWire();
    wire.message('chat', 'hello')('id');
    const refusal = { ok: false, error: { code: 'NOT_CHAT_MEMBER', message: 'no' } };
    expect(read(wire, `431${JSON.stringify([refusal])}`)).toMatchObject({
      kind: 'error',
      clientMsgId: 'id',
      reason: 'NOT_CHAT_MEMBER: no',
    });
    expect(read(wire, `431${JSON.stringify([refusal])}`).reason).toContain('nothing asked for');
  });
});
