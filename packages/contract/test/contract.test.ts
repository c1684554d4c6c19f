import { describe, expect, it } from 'vitest';
import {
  clientEvents,
  codePointLength,
  errorCatalogue,
  parseBusEvent,
  pathParameters,
  phone,
  previewOf,
  procedureEntries,
  procedureKinds,
  sampleMessage,
  sendInput,
  stripControls,
  text,
  uuid,
} from '../src/index.ts';

describe('the registry', () => {
  it('agrees with the SDK’s table of kinds', () => {
    const kinds = Object.fromEntries(
      procedureEntries().map(({ path, definition }) => [path, definition.kind]),
    );
    expect(procedureKinds).toEqual(kinds);
  });

  it('has examples that its schemas accept', () => {
    for (const { path, definition } of procedureEntries()) {
      const { input, output } = definition.example;
      expect(definition.input.safeParse(input).success, `${path} input`).toBe(true);
      expect(definition.output.safeParse(output).success, `${path} output`).toBe(true);
    }
  });

  it('gives every procedure its own route and a name a generator can use', () => {
    const routes = procedureEntries().map(({ definition }) => `${definition.method} ${definition.path}`);
    const names = procedureEntries().map(({ definition }) => definition.operationId);
    expect(new Set(routes).size).toBe(routes.length);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]+$/);
    expect(pathParameters('/chats/{chat_id}/messages/{id}')).toEqual(['chat_id', 'id']);
  });
});

describe('the error catalogue', () => {
  it('maps every code to the statuses of the contract', () => {
    expect(
      Object.fromEntries(Object.entries(errorCatalogue).map(([code, entry]) => [code, entry.http])),
    ).toEqual({
      BAD_REQUEST: 400,
      UNAUTHORIZED: 401,
      TOKEN_EXPIRED: 401,
      TOKEN_INVALID: 401,
      OTP_INVALID: 401,
      OTP_EXPIRED: 401,
      FORBIDDEN: 403,
      NOT_CHAT_MEMBER: 403,
      NOT_ADMIN: 403,
      USER_BLOCKED: 403,
      NOT_FOUND: 404,
      CHAT_NOT_FOUND: 404,
      CONFLICT: 409,
      ALREADY_MEMBER: 409,
      LAST_ADMIN: 409,
      MEDIA_TOO_LARGE: 413,
      PAYLOAD_TOO_LARGE: 413,
      MEDIA_INVALID_TYPE: 415,
      VALIDATION_ERROR: 422,
      TOO_MANY_REQUESTS: 429,
      OTP_MAX_ATTEMPTS: 429,
      INTERNAL_ERROR: 500,
      SERVICE_UNAVAILABLE: 503,
    });
  });
});

describe('primitives', () => {
  it.each(['+4915112345678', '+12', '+123456789012345'])('takes the phone %s', (value) => {
    expect(phone.safeParse(value).success).toBe(true);
  });
  it.each(['4915112345678', '+0123', '+1234567890123456', '+49 151', '', '+', '+1a', '+12\n'])(
    'refuses the phone %j',
    (value) => {
      expect(phone.safeParse(value).success).toBe(false);
    },
  );

  it('takes ids of any RFC 9562 version and compares them in lower case', () => {
    for (const id of [
      '0198C6F2-8A40-7B1E-8A55-0C8F3D1B9E21',
      '7a0f1c8e-1df4-4a36-9a86-1f6c2b2f2a55',
      'c232ab00-9414-11ec-b3c8-9f6bdeced846',
    ]) {
      expect(uuid.parse(id)).toBe(id.toLowerCase());
    }
    expect(uuid.safeParse('7a0f1c8e1df44a369a861f6c2b2f2a55').success).toBe(false);
  });

  it('counts code points, not UTF-16 units', () => {
    expect(codePointLength('a👍é')).toBe(3);
    expect(codePointLength('👩‍👩‍👧')).toBe(5);
    const short = text({ min: 1, max: 3 });
    expect(short.safeParse('👍👍👍').success).toBe(true);
    expect(short.safeParse('👍👍👍👍').success).toBe(false);
  });

  it('strips control characters and nothing else', () => {
    expect(stripControls('a\u0000\u001b\tb\r\nc\u0085\u200b\u202e')).toBe('a\tb\nc\u200b\u202e');
  });

  it('shortens previews by code points', () => {
    expect(previewOf('text', { body: '👍'.repeat(101) })).toBe(`${'👍'.repeat(99)}…`);
    expect(previewOf('text', { body: ' two\n lines ' })).toBe('two lines');
  });
});

describe('sending', () => {
  const base = {
    chat_id: '0198c6f3-1b77-7a0c-b2b4-5d1f2f6f9a10',
    client_msg_id: '7a0f1c8e-1df4-4a36-9a86-1f6c2b2f2a55',
  };
  it('needs the payload of its type', () => {
    expect(sendInput.safeParse({ ...base, type: 'text', payload: { body: 'x' } }).success).toBe(true);
    expect(sendInput.safeParse({ ...base, type: 'image', payload: { body: 'x' } }).success).toBe(false);
    expect(
      sendInput.safeParse({ ...base, type: 'system', payload: { body: 'x', action: 'y' } }).success,
    ).toBe(false);
  });
  it('is bounded where lists are', () => {
    const ids = (n: number) => Array.from({ length: n }, () => base.chat_id);
    expect(clientEvents['message.delivered'].safeParse({ message_ids: ids(100) }).success).toBe(true);
    expect(clientEvents['message.delivered'].safeParse({ message_ids: ids(101) }).success).toBe(false);
    expect(clientEvents['presence.subscribe'].safeParse({ user_ids: ids(201) }).success).toBe(false);
  });
});

describe('an event of the release before', () => {
  it('is still read: what came since has a default', () => {
    const id = '0198c6f4-02b1-7e63-8d1c-90a4e7c55f31';
    const { expires_at: _, ...message } = sampleMessage;
    const event = parseBusEvent({
      event_id: id,
      event_type: 'msg.new',
      timestamp: '2026-03-01T09:21:07.120Z',
      request_id: 'request-1',
      trace: null,
      payload: { message, recipients: [id], origin: null },
    });
    expect(event.payload).toMatchObject({ unquoted: [], message: { expires_at: null } });
  });
});
