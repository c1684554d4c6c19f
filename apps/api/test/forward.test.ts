/** One public port: connections go on to realtime programs, whatever happens to these. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Echo, front } from './support/forward.ts';

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
    const drained = parley.drain();
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
