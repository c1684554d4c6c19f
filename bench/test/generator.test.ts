import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';

import { stopAll } from '../src/children.ts';
import { GeneratorProcess } from '../src/generator-process.ts';
import { Connection, type Transport } from '../src/load/connection.ts';
import type { MessagesJob, MessagesResult, Phase } from '../src/protocol.ts';
import { type Faults, startFakeServer } from './fake-server.ts';

const transports: Transport[] = ['ws', 'socketio'];
/** Tests that run beside others must say which one they are. */
type Finish = Pick<TestContext, 'onTestFinished'>;

async function setUp(faults: Faults = {}, test: Finish = { onTestFinished }) {
  const server = await startFakeServer(0, faults);
  test.onTestFinished(() => server.close());
  const generator = new GeneratorProcess();
  test.onTestFinished(() => generator.stop());
  return { server, generator };
}

function jobFor(url: string, transport: Transport, change: Partial<MessagesJob> = {}): MessagesJob {
  return {
    url,
    transport,
    pairs: 4,
    load: { kind: 'closed', inFlight: 2 },
    receipts: false,
    ordered: true,
    warmupMs: 100,
    measureMs: 400,
    drainMs: 500,
    ...change,
  };
}

async function run(
  transport: Transport,
  faults: Faults = {},
  change: Partial<MessagesJob> = {},
  test?: Finish,
): Promise<{
  result: MessagesResult;
  phases: Phase[];
  seen: { delivered: number; read: number; largestBatch: number };
}> {
  const { server, generator } = await setUp(faults, test);
  const phases: Phase[] = [];
  const result = await generator.call('messages', jobFor(server.url, transport, change), (phase) =>
    phases.push(phase),
  );
  return { result, phases, seen: server.seen };
}

describe.each(transports)('messages over %s', (transport) => {
  it('counts what is accepted and delivered, and finds nothing wrong where nothing is', async () => {
    const { result, phases } = await run(transport);
    expect(result.firstViolations).toEqual([]);
    expect(phases).toEqual(['measuring', 'measured']);
    expect(result.delivered).toBeGreaterThan(50);
    expect(Math.abs(result.accepted - result.delivered)).toBeLessThanOrEqual(4 * 2 * 2);
    expect(result.delivery.count).toBeGreaterThan(50);
    expect(result.delivery.p50).toBeGreaterThan(0);
    expect(result.delivery.p50).toBeLessThanOrEqual(result.delivery.p99);
    expect(result.lag).toBeNull();
  });

  it('acknowledges in batches and reads, and hears of it', async () => {
    const { result, seen } = await run(transport, {}, { receipts: true, measureMs: 1200 });
    expect(result.firstViolations).toEqual([]);
    expect(result.statusFrames).toBeGreaterThan(0);
    expect(seen.delivered).toBeGreaterThanOrEqual(result.delivered);
    expect(seen.largestBatch).toBeGreaterThan(1);
    expect(seen.largestBatch).toBeLessThanOrEqual(100);
    expect(seen.read).toBeGreaterThanOrEqual(4);
  });

  it('keeps a fixed rate', async () => {
    const { result } = await run(transport, {}, { load: { kind: 'open', rate: 200 }, measureMs: 1000 });
    expect(result.firstViolations).toEqual([]);
    expect(result.delivered).toBeGreaterThan(100);
    expect(result.delivered).toBeLessThan(300);
    expect(result.lag?.count).toBeGreaterThan(100);
  });

  // They mostly wait for what does not come, so they do it together. How fast they are is not looked at.
  it.concurrent.for<[string, Faults, RegExp]>([
    ['a lost message', { dropEvery: 10 }, /accepted and never delivered/],
    ['a message delivered twice', { duplicateEvery: 10 }, /delivered twice/],
    ['messages out of order', { swapEvery: 10 }, /seq \d+ was delivered after \d+/],
    ['a refusal', { refuseEvery: 10 }, /refused: TOO_MANY_REQUESTS: slow down/],
    ['an id that differs', { wrongIdEvery: 10 }, /different ids or seq/],
  ])('notices %s', async ([_what, faults, expected], test) => {
    const { result } = await run(transport, faults, {}, test);
    expect(result.violations).toBeGreaterThan(0);
    expect(result.firstViolations.join('\n')).toMatch(expected);
  });

  it.concurrent('counts messages that were overtaken where their order is not asked for', async (test) => {
    const { result } = await run(transport, { swapEvery: 10 }, { ordered: false }, test);
    expect(result.firstViolations).toEqual([]);
    expect(result.overtaken).toBeGreaterThan(0);
    expect(result.overtaken).toBeLessThan(result.delivered / 4);
  });

  it('connects the two of a pair to different addresses where there are several', async () => {
    const { server, generator } = await setUp();
    // Two ways of writing the same address: they are told apart by name.
    const sockets = [server.url, `${server.url}/`];
    const one = await generator.call('messages', jobFor(server.url, transport));
    const two = await generator.call('messages', jobFor(server.url, transport, { sockets }));
    expect([one.firstViolations, two.firstViolations]).toEqual([[], []]);
    expect(one.crossed).toBe(0);
    expect(two.delivered).toBeGreaterThan(50);
    expect(two.crossed).toBe(two.delivered);
  });

  it('says why a session was refused', async () => {
    const { server } = await setUp();
    await expect(Connection.open(server.url, transport, 'bad')).rejects.toThrow('TOKEN_INVALID');
  });

  it('notices that the server goes away', async () => {
    const { server, generator } = await setUp();
    const job = jobFor(server.url, transport);
    const result = await generator.call('messages', job, (phase) => {
      if (phase === 'measuring') void server.close();
    });
    expect(result.firstViolations.join('\n')).toMatch(/connection ended/);
  });

  it('opens idle connections in steps and tells how many are open', async () => {
    const { server, generator } = await setUp();
    await generator.call('idleSignIn', { url: server.url, count: 20 });
    expect(await generator.call('idleConnect', { url: server.url, transport, count: 8 })).toMatchObject({
      open: 8,
    });
    expect(await generator.call('idleConnect', { url: server.url, transport, count: 12 })).toMatchObject({
      open: 20,
    });
    await server.close();
    await expect.poll(async () => (await generator.call('idleState', {})).open).toBe(0);
  });
});

describe('the raw wire', () => {
  it('reads JSON with spaces in it, if more slowly', async () => {
    const { result } = await run('ws', { spaced: true });
    expect(result.firstViolations).toEqual([]);
    expect(result.delivered).toBeGreaterThan(50);
  });
});

describe('REST', () => {
  it('repeats a request over keep-alive connections', async () => {
    const { server, generator } = await setUp();
    const path = '/api/v1/users/me';
    const { token, body } = await generator.call('restSubject', { url: server.url, path });
    expect(JSON.parse(body)).toMatchObject({ success: true, data: { id: token } });
    const job = { url: server.url, path, token, connections: 4, warmupMs: 50, measureMs: 300 };
    const result = await generator.call('rest', job);
    expect(result.firstViolations).toEqual([]);
    expect(result.requests).toBeGreaterThan(50);
    expect(result.bodyBytes).toBe(body.length);
  });

  it('counts answers that are not 200', async () => {
    const { server, generator } = await setUp();
    const job = {
      url: server.url,
      path: '/missing',
      token: 'x',
      connections: 1,
      warmupMs: 10,
      measureMs: 50,
    };
    expect((await generator.call('rest', job)).firstViolations[0]).toBe('status 404');
  });
});

describe('the channel', () => {
  it('passes an error on to the caller', async () => {
    const { generator } = await setUp();
    await expect(generator.call('restSubject', { url: 'http://127.0.0.1:9', path: '/' })).rejects.toThrow();
  });

  it('ends everything that was started', async () => {
    const generator = new GeneratorProcess();
    const waiting = generator.call('idleState', {}).catch((error: Error) => error.message);
    await stopAll();
    expect(() => process.kill(generator.pid, 0)).toThrow('ESRCH');
    await waiting;
  });
});
