/** One public port: connections go on to realtime programs, whatever happens to these. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createApi } from '../src/api.ts';
import { closeFrame, FrameBoundary } from '../src/forward/frame-boundary.ts';
import { Targets } from '../src/forward/targets.ts';
import { fakeRuntime } from './support/fake-runtime.ts';

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A realtime program that echoes, and says its name to polls. */
class Echo implements AsyncDisposable {
  readonly name: string;
  readonly sockets = new WebSocketServer({ noServer: true });
  readonly headers: (string | string[] | undefined)[] = [];
  polls = 0;
  refusing = false;
  url = '';
  readonly #server = createServer((req, res) => {
    this.polls++;
    if (req.url?.includes('hang')) return;
    res.writeHead(200, { 'X-Name': this.name }).end(this.name);
  });

  constructor(name: string) {
    this.name = name;
    this.#server.on('upgrade', (req, socket, head) => {
      if (this.refusing) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      if (req.url?.includes('missing')) {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone');
        return;
      }
      this.headers.push(req.headers['x-forwarded-for']);
      this.sockets.handleUpgrade(req, socket, head, (ws) => {
        // At once, so that it may come with the answer to the upgrade.
        ws.send(`hello from ${this.name} at ${req.url}`);
        ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
      });
    });
  }

  async start(): Promise<this> {
    this.url = await listen(this.#server);
    return this;
  }

  async [Symbol.asyncDispose]() {
    for (const ws of this.sockets.clients) ws.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function front(urls: string[], env: Record<string, string> = {}) {
  const api = createApi(fakeRuntime({ env: { REALTIME_URL: urls.join(','), ...env } }));
  const server = createServer(api.handler);
  api.attach(server);
  const url = await listen(server);
  return {
    api,
    url,
    async connect(path = '/ws?token=x', headers: Record<string, string> = {}) {
      const ws = new WebSocket(url.replace('http', 'ws') + path, { headers });
      const first = once(ws, 'message').then(([data]) => String(data));
      first.catch(() => undefined);
      await once(ws, 'open');
      return { ws, hello: await first };
    },
    async [Symbol.asyncDispose]() {
      await api.drain();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('forwarded connections', () => {
  it('carry every byte in both directions, big frames too', async () => {
    await using echo = await new Echo('one').start();
    await using parley = await front([echo.url]);
    const { ws, hello } = await parley.connect('/ws?token=abc');
    expect(hello).toBe('hello from one at /ws?token=abc');
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 3_000_000]) {
      const bytes = randomBytes(size);
      const answer = once(ws, 'message');
      ws.send(bytes);
      expect(bytes.equals((await answer)[0] as Buffer)).toBe(true);
    }
    ws.close(4321, 'bye');
    await once(ws, 'close');
  });

  it('are spread over the programs and tell whom they are for', async () => {
    await using one = await new Echo('one').start();
    await using two = await new Echo('two').start();
    await using parley = await front([one.url, two.url]);
    const names = [];
    for (let n = 0; n < 4; n++) names.push((await parley.connect('/socket.io/?EIO=4')).hello.split(' ')[2]);
    expect(names).toEqual(['one', 'two', 'one', 'two']);
    expect(one.headers[0]).toBe('127.0.0.1');
    await parley.connect('/ws', { 'X-Forwarded-For': '203.0.113.9' });
    expect(one.headers.at(-1)).toBe('203.0.113.9, 127.0.0.1');
  });

  it('go to another program when one is away or stopping, and get 503 when all are', async () => {
    await using one = await new Echo('one').start();
    await using two = await new Echo('two').start();
    await using parley = await front([one.url, two.url]);
    one.refusing = true;
    for (let n = 0; n < 3; n++) expect((await parley.connect()).hello).toContain('two');
    await two[Symbol.asyncDispose]();
    const ws = new WebSocket(`${parley.url.replace('http', 'ws')}/ws`);
    const [error] = await once(ws, 'unexpected-response').then(([, response]) => [response.statusCode]);
    expect(error).toBe(503);
    ws.on('error', () => undefined);
    ws.terminate();
  });

  it('are told what a program answers instead of an upgrade', async () => {
    await using echo = await new Echo('one').start();
    await using parley = await front([echo.url]);
    const ws = new WebSocket(`${parley.url.replace('http', 'ws')}/ws?missing`);
    ws.on('error', () => undefined);
    const [, response] = await once(ws, 'unexpected-response');
    expect(response.statusCode).toBe(404);
    ws.terminate();
  });

  it('close with 1012 when their program dies, so that clients come back', async () => {
    await using echo = await new Echo('one').start();
    await using parley = await front([echo.url]);
    const { ws } = await parley.connect();
    for (const client of echo.sockets.clients) client.terminate();
    expect((await once(ws, 'close'))[0]).toBe(1012);
  });

  it('close with 1012 when this program stops, after answers under way', async () => {
    await using echo = await new Echo('one').start();
    await using parley = await front([echo.url]);
    const { ws } = await parley.connect();
    const answer = once(ws, 'message');
    const closed = once(ws, 'close');
    ws.send('one more thing');
    await new Promise((resolve) => setImmediate(resolve));
    for (const client of echo.sockets.clients) await once(client, 'message');
    const drained = parley.api.drain();
    expect(String((await answer)[0])).toBe('one more thing');
    expect((await closed)[0]).toBe(1012);
    await drained;
    const late = new WebSocket(`${parley.url.replace('http', 'ws')}/ws`);
    late.on('error', () => undefined);
    expect((await once(late, 'unexpected-response'))[1].statusCode).toBe(503);
    late.terminate();
  });

  it('go nowhere but to the paths of realtime', async () => {
    await using echo = await new Echo('one').start();
    await using parley = await front([echo.url]);
    const ws = new WebSocket(`${parley.url.replace('http', 'ws')}/elsewhere`);
    await expect(once(ws, 'open')).rejects.toThrow();
    expect(echo.headers).toEqual([]);
  });
});

describe('forwarded polls', () => {
  const poll = (url: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number | undefined; name: unknown; retry: unknown }>((resolve, reject) => {
      request(`${url}/socket.io/?EIO=4&transport=polling`, { headers, agent: false }, (res) => {
        res.resume();
        resolve({ status: res.statusCode, name: res.headers['x-name'], retry: res.headers['retry-after'] });
      })
        .on('error', reject)
        .end();
    });

  it('stay with one program per client, and spread over all', async () => {
    await using one = await new Echo('one').start();
    await using two = await new Echo('two').start();
    await using parley = await front([one.url, two.url], { TRUST_PROXY: '1' });
    const names = new Set<unknown>();
    for (let client = 0; client < 32; client++) {
      const headers = { 'X-Forwarded-For': `198.51.100.${client}` };
      const first = await poll(parley.url, headers);
      expect(await poll(parley.url, headers)).toEqual(first);
      names.add(first.name);
    }
    expect([...names].sort()).toEqual(['one', 'two']);
  });

  it('get 503 when no program is there or this one stops', async () => {
    const echo = await new Echo('one').start();
    await using parley = await front([echo.url]);
    expect((await poll(parley.url)).status).toBe(200);
    const hanging = request(`${parley.url}/socket.io/?hang`, { agent: false });
    const answered = once(hanging, 'response');
    hanging.end();
    while (echo.polls < 2) await new Promise((resolve) => setImmediate(resolve));
    await parley.api.drain();
    expect((await answered)[0].statusCode).toBe(503);
    await echo[Symbol.asyncDispose]();
    await using other = await front([echo.url]);
    expect(await poll(other.url)).toMatchObject({ status: 503, retry: '1' });
  });
});

describe('the follower of frames', () => {
  const frame = fc.record({
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 65_500, maxLength: 65_600 }),
    ),
    masked: fc.boolean(),
  });

  function encode(payload: Uint8Array, masked: boolean): Buffer {
    const head = [0x82];
    const flag = masked ? 0x80 : 0;
    if (payload.length < 126) head.push(flag | payload.length);
    else if (payload.length < 65_536) head.push(flag | 126, payload.length >> 8, payload.length & 255);
    else {
      const size = Buffer.alloc(8);
      size.writeBigUInt64BE(BigInt(payload.length));
      head.push(flag | 127, ...size);
    }
    return Buffer.concat([Buffer.from(head), masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
  }

  it('knows where frames end, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), fc.array(fc.nat()), (frames, cuts) => {
        const wires = frames.map(({ payload, masked }) => encode(payload, masked));
        const ends = new Set<number>([0]);
        let total = 0;
        for (const wire of wires) {
          total += wire.length;
          ends.add(total);
        }
        const bytes = Buffer.concat(wires);
        const points = [...new Set(cuts.map((cut) => cut % total))].sort((a, b) => a - b);
        const boundary = new FrameBoundary();
        let at = 0;
        for (const point of [...points, total]) {
          boundary.push(bytes.subarray(at, point));
          at = point;
          expect(boundary.here).toBe(ends.has(at));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('sees a close', () => {
    const boundary = new FrameBoundary();
    boundary.push(encode(Buffer.from('hi'), false));
    expect(boundary.closed).toBe(false);
    boundary.push(closeFrame(1012));
    expect([boundary.closed, boundary.here]).toEqual([true, true]);
  });
});

it('asks targets that failed last', () => {
  const targets = new Targets(['http://a:1', 'http://b:1', 'http://c:1']);
  const [first] = targets.for('client');
  if (first) targets.failed(first);
  expect(targets.for('client').at(-1)).toBe(first);
  expect(targets.inTurn().at(-1)).toBe(first);
});
