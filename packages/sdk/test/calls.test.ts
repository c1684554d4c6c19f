import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ParleyError } from '../src/index.ts';
import { Refused } from './support/accounts.ts';
import { failure, holdRefresh, makeClient, phone, signedIn, startServer } from './support/client.ts';

describe('a call', () => {
  test('sends queries by GET and mutations by POST below /trpc', async () => {
    const server = await startServer();
    const seen: string[] = [];
    server.intercept = (request) => {
      seen.push(`${request.method} ${request.url?.split('?')[0]}`);
      return false;
    };
    const client = await signedIn(server);
    await client.users.me();
    expect(seen).toEqual(['POST /trpc/auth.requestOtp', 'POST /trpc/auth.verifyOtp', 'GET /trpc/users.me']);
  });

  test('goes through the given fetch', async () => {
    const server = await startServer();
    const urls: string[] = [];
    const client = await signedIn(server, {
      fetch: (url, init) => {
        urls.push(url);
        return fetch(url, init);
      },
    });
    await client.users.me();
    expect(urls).toHaveLength(3);
  });

  test('keeps a path in front of the server', async () => {
    const server = await startServer();
    const seen: (string | undefined)[] = [];
    server.intercept = (request, response) => {
      seen.push(request.url);
      response.writeHead(502).end();
      return true;
    };
    await failure(makeClient({ url: `${server.url}/parley/` }).auth.requestOtp({ phone }));
    expect(seen).toEqual(['/parley/trpc/auth.requestOtp']);
  });
});

describe('an error', () => {
  test('carries code, message, details and request id', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const error = await failure(
      client.messages.send({
        chat_id: randomUUID(),
        client_msg_id: randomUUID(),
        type: 'text',
        payload: { body: '' },
      }),
    );
    expect(error).toBeInstanceOf(ParleyError);
    expect(error).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: [{ path: 'payload.body', message: 'must not be empty' }],
      requestId: 'req-12345678',
      retriable: false,
    });
  });

  test('of a rate limit says when to try again', async () => {
    const server = await startServer();
    const client = makeClient({ url: server.url });
    server.overrides['auth.requestOtp'] = () => {
      throw new Refused('TOO_MANY_REQUESTS', 'Too many codes', 17);
    };
    expect(await failure(client.auth.requestOtp({ phone }))).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      message: 'Too many codes',
      retryAfter: 17,
      retriable: true,
    });
  });

  test.each([
    {
      what: "a proxy's page",
      status: 502,
      body: '<h1>Bad gateway</h1>',
      code: 'SERVICE_UNAVAILABLE',
      retryAfter: 3,
    },
    { what: "a proxy's limit", status: 429, body: '', code: 'TOO_MANY_REQUESTS', retryAfter: 3 },
    { what: 'a captive portal', status: 200, body: '<h1>Welcome</h1>', code: 'NETWORK_ERROR', retryAfter: 3 },
    {
      what: "REST's envelope",
      status: 413,
      body: JSON.stringify({
        success: false,
        data: null,
        error: { code: 'PAYLOAD_TOO_LARGE', message: 'Too large', details: [] },
        meta: { request_id: 'req-of-envelope', timestamp: '2026-03-01T09:12:44.310Z' },
      }),
      code: 'PAYLOAD_TOO_LARGE',
      retryAfter: 3,
    },
  ])('is made of $what', async ({ status, body, code, retryAfter }) => {
    const server = await startServer();
    const client = makeClient({ url: server.url });
    server.intercept = (_, response) => {
      response.writeHead(status, { 'retry-after': '3', 'x-request-id': 'req-of-header' }).end(body);
      return true;
    };
    const error = await failure(client.auth.requestOtp({ phone }));
    expect(error).toMatchObject({ code, retryAfter, requestId: expect.stringMatching(/^req-of-/) });
  });

  test('of a server that is not there is NETWORK_ERROR with its cause', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.intercept = (request) => Boolean(request.socket.destroy());
    const error = await failure(client.users.me());
    expect(error).toMatchObject({ code: 'NETWORK_ERROR', retriable: true, requestId: undefined });
    expect((error as ParleyError).cause).toBeInstanceOf(Error);
  });

  test('of a server that does not answer is TIMEOUT', async () => {
    const server = await startServer();
    server.intercept = () => true;
    const client = makeClient({ url: server.url }, { requestMs: 20 });
    expect(await failure(client.auth.requestOtp({ phone }))).toMatchObject({
      code: 'TIMEOUT',
      retriable: true,
    });
  });
});

describe('aborting', () => {
  test('ends the request, and only that one', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const controller = new AbortController();
    const reason = new Error('the person left the page');
    const begun = new Promise<void>((resolve) => {
      server.overrides['users.get'] = () => new Promise(() => resolve());
    });
    const aborted = failure(client.users.get({ id: randomUUID() }, { signal: controller.signal }));
    await begun;
    controller.abort(reason);
    expect(await aborted).toMatchObject({ code: 'ABORTED', cause: reason, retriable: false });
    expect(await client.users.me()).toMatchObject({ phone });
  });

  test('beforehand sends nothing', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.intercept = () => {
      throw new Error('a request was sent');
    };
    const signal = AbortSignal.abort();
    expect(await failure(client.users.me({}, { signal }))).toMatchObject({ code: 'ABORTED' });
  });

  test('a call that waits for the refresh leaves the refresh to the others', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.accounts.expireAll();
    const controller = new AbortController();
    const { begun, release } = holdRefresh(server);
    const aborted = failure(client.users.me({}, { signal: controller.signal }));
    const other = client.users.me();
    await begun;
    controller.abort();
    expect(await aborted).toMatchObject({ code: 'ABORTED' });
    release();
    expect(await other).toMatchObject({ phone });
    expect(server.accounts.refreshes).toBe(1);
  });

  test('close ends calls under way and refuses new ones', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const begun = new Promise<void>((resolve) => {
      server.overrides['users.get'] = () => new Promise(() => resolve());
    });
    const call = failure(client.users.get({ id: randomUUID() }));
    await begun;
    await client.close();
    expect(await call).toMatchObject({ code: 'ABORTED', message: 'The client was closed' });
    expect(await failure(client.users.me())).toMatchObject({ code: 'ABORTED' });
    expect(await failure(client.realtime.connect())).toMatchObject({ code: 'ABORTED' });
  });
});
