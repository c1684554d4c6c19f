/** Long polling through the public port: it stays where its session is, as long as that can be. */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { deadUrl, Echo, front, poll, preferring, scripted, until } from './support/forward.ts';

describe('forwarded polls', () => {
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
    await parley.drain();
    expect((await answered)[0].statusCode).toBe(503);
    await echo[Symbol.asyncDispose]();
    await using other = await front([echo.url]);
    expect(await poll(other.url)).toMatchObject({ status: 503, retry: '1' });
  });

  it('tell whom they are for', async () => {
    await using echo = await new Echo('one').start();
    await using parley = await front([echo.url]);
    await poll(parley.url);
    await poll(parley.url, { 'X-Forwarded-For': '203.0.113.9' });
    expect(echo.headers).toEqual(['127.0.0.1', '203.0.113.9, 127.0.0.1']);
  });

  it('share connections, but never wait for one', async () => {
    await using echo = await new Echo('one').start();
    await using parley = await front([echo.url]);
    for (let n = 0; n < 5; n++) await poll(parley.url, { Connection: 'keep-alive' });
    expect(echo.connections).toBe(1);
    const held = Array.from({ length: 300 }, () => {
      const one = request(`${parley.url}/socket.io/?sid=${'a'.repeat(20)}&hang`, { agent: false });
      one.on('error', () => undefined).end();
      return one;
    });
    await until(() => echo.polls === 305);
    expect(await poll(parley.url, {}, '&sid=a&hang', 'POST')).toMatchObject({ status: 200 });
    for (const one of held) one.destroy();
  });

  it('of a client that went away are given up', async () => {
    await using held = await scripted(() => undefined);
    await using parley = await front([held.url]);
    const one = request(`${parley.url}/socket.io/?sid=a`, { agent: false });
    one.on('error', () => undefined).end();
    await until(() => held.open.size === 1);
    one.destroy();
    await until(() => held.open.size === 0);
  });

  it('go to another program when one cannot be reached', async () => {
    await using echo = await new Echo('one').start();
    const dead = await deadUrl();
    for (const query of ['', '&sid=a']) {
      await using parley = await front([echo.url, dead], { TRUST_PROXY: '1' });
      const headers = preferring(dead, [echo.url, dead]);
      expect(await poll(parley.url, headers, query)).toMatchObject({ status: 200, name: 'one' });
    }
  });

  it('that begin a session do not wait for a program that hangs', async () => {
    await using echo = await new Echo('one').start();
    await using frozen = await scripted(() => undefined);
    await using parley = await front([echo.url, frozen.url], { TRUST_PROXY: '1' });
    const headers = preferring(frozen.url, [echo.url, frozen.url]);
    expect(await poll(parley.url, headers)).toMatchObject({ status: 200, name: 'one' });
    await until(() => frozen.open.size === 0);
  });

  it('do not wait for a program that is cut off', async () => {
    await using echo = await new Echo('one').start();
    await using hole = await blackHole();
    await using parley = await front([echo.url, hole.url], { TRUST_PROXY: '1' });
    const headers = preferring(hole.url, [echo.url, hole.url]);
    expect(await poll(parley.url, headers, '&sid=a')).toMatchObject({ status: 200, name: 'one' });
  });

  it('leave a session where it is when a program that comes first is back', async () => {
    const one = await new Echo('one').start();
    await using two = await new Echo('two').start();
    const port = Number(new URL(one.url).port);
    await using parley = await front([one.url, two.url], { TRUST_PROXY: '1' });
    const headers = preferring(one.url, [one.url, two.url]);
    await one[Symbol.asyncDispose]();
    expect(await poll(parley.url, headers)).toMatchObject({ name: 'two' });
    expect(await poll(parley.url, headers, '&sid=a')).toMatchObject({ name: 'two' });
    await using back = await new Echo('back').start('127.0.0.1', port);
    // Somebody without a session finds out.
    await until(async () => (await poll(parley.url, headers)).name === 'back');
    expect(await poll(parley.url, headers, '&sid=a')).toMatchObject({ name: 'two' });
    expect(back.polls).toBeGreaterThan(0);
    await two[Symbol.asyncDispose]();
    expect(await poll(parley.url, headers, '&sid=a')).toMatchObject({ name: 'back' });
  });
});

/** A program whose machine no longer takes part: connections to it neither stand nor fail. */
async function blackHole() {
  // Its queue is full, and its thread never takes one out of it.
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  const [port] = await once(worker, 'message');
  const fill = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await once(fill[0] as (typeof fill)[0], 'connect');
  await until(() => fill.filter((socket) => !socket.connecting).length >= 2);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of fill) socket.destroy();
      await worker.terminate();
    },
  };
}
