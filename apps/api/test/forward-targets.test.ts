/** Which realtime program is asked first, and what a name in REALTIME_URL stands for. */
import { parseConfig } from '@parley/platform';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Targets, type TargetsOptions } from '../src/forward/targets.ts';
import { bareFront, Echo, poll, until } from './support/forward.ts';

const three = ['http://10.0.0.1:1', 'http://10.0.0.2:1', 'http://10.0.0.3:1'];
const made: Targets[] = [];
afterEach(() => {
  for (const targets of made.splice(0)) targets.close();
  vi.useRealTimers();
});

function make(urls: string[], options: TargetsOptions = {}): Targets {
  const targets = new Targets(urls, options);
  made.push(targets);
  return targets;
}
type Target = ReturnType<Targets['inTurn']>[0];
const first = (targets: readonly Target[]) => targets[0] as Target;
const names = (targets: Targets) =>
  targets
    .inTurn()
    .map(({ name }) => name)
    .sort();

describe('a target that failed', () => {
  it('is asked last', () => {
    const targets = make(three);
    const target = first(targets.for('client'));
    targets.failed(target);
    expect(targets.for('client').at(-1)).toBe(target);
    expect(targets.inTurn().at(-1)).toBe(target);
    targets.succeeded(target);
    expect(first(targets.for('client'))).toBe(target);
  });

  it('is tried again by one, after twice the time with each failure, a minute at most', () => {
    let now = 1_000_000;
    const targets = make(three, { now: () => now });
    const target = first(targets.for('client'));
    for (const seconds of [2, 4, 8, 16, 32, 60, 60]) {
      targets.failed(target);
      // Others who were on their way do not make it worse.
      targets.failed(target);
      now += seconds * 1_000 - 1;
      expect(first(targets.for('client')), `before ${seconds} s`).not.toBe(target);
      now += 1;
      expect(first(targets.for('client')), `after ${seconds} s`).toBe(target);
      expect(first(targets.for('client')), 'the next').not.toBe(target);
    }
    targets.succeeded(target);
    targets.failed(target);
    now += 2_000;
    expect(first(targets.for('client'))).toBe(target);
    // Whoever was to find out has gone away: somebody else does.
    now += 2_000;
    expect(first(targets.for('client'))).toBe(target);
  });

  it('is not tried by sessions', () => {
    let now = 1_000_000;
    const targets = make(three, { now: () => now });
    const target = first(targets.for('client'));
    targets.failed(target);
    now += 3_600_000;
    expect(targets.for('client', 'a session').at(-1)).toBe(target);
    expect(first(targets.for('client'))).toBe(target);
  });
});

describe('a session', () => {
  it('stays where it was answered until that fails', () => {
    const targets = make(three);
    const [usual, other] = targets.for('client') as [Target, Target];
    expect(first(targets.for('client', 'a'))).toBe(usual);
    targets.remember('a', other);
    expect(first(targets.for('client', 'a'))).toBe(other);
    expect(first(targets.for('client', 'b'))).toBe(usual);
    targets.failed(other);
    expect(first(targets.for('client', 'a'))).toBe(other);
    targets.failed(other, 'a');
    expect(first(targets.for('client', 'a'))).toBe(usual);
  });

  it('is forgotten when very many came after it', () => {
    const targets = make(three);
    const [usual, other] = targets.for('client') as [Target, Target];
    targets.remember('a', other);
    for (let n = 0; n < 50_000; n++) targets.remember(`session ${n}`, other);
    expect(first(targets.for('client', 'a'))).toBe(usual);
  });
});

describe('a name', () => {
  it('stands for all of its addresses, looked up every 5 s, and keeps those it had', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const answers = [['10.0.0.2', '10.0.0.1'], ['10.0.0.3', '10.0.0.2', 'fd00::1'], null, []];
    const resolve = vi.fn(async () => {
      const answer = answers.shift();
      if (!answer) throw new Error('ENOTFOUND');
      return answer;
    });
    const targets = make(['http://realtime:8080', 'https://192.0.2.1'], { resolve });
    // Nobody waits for it.
    expect(names(targets)).toEqual(['192.0.2.1:443', 'realtime:8080']);
    await until(() => names(targets).length === 3);
    expect(names(targets)).toEqual(['10.0.0.1:8080', '10.0.0.2:8080', '192.0.2.1:443']);
    const kept = targets.inTurn().find(({ name }) => name === '10.0.0.2:8080') as Target;
    const then = ['10.0.0.2:8080', '10.0.0.3:8080', '192.0.2.1:443', '[fd00::1]:8080'];
    for (const calls of [2, 3, 4]) {
      vi.advanceTimersByTime(5_000);
      await until(() => resolve.mock.calls.length === calls && names(targets).length === 4);
      expect(names(targets)).toEqual(then);
    }
    expect(targets.inTurn()).toContain(kept);
    expect(resolve).toHaveBeenCalledWith('realtime');
    targets.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is one target while it cannot be resolved', async () => {
    const resolve = vi.fn(() => Promise.reject(new Error('ENOTFOUND')));
    const targets = make(['http://realtime:8080'], { resolve });
    await until(() => resolve.mock.calls.length === 1);
    expect(names(targets)).toEqual(['realtime:8080']);
    expect(first(targets.inTurn()).endpoint.host).toBe('realtime');
  });

  it('is looked up at once when none of its targets can be reached', async () => {
    let addresses = ['10.0.0.1'];
    const targets = make(['http://realtime:8080'], { resolve: async () => addresses });
    await until(() => names(targets)[0] === '10.0.0.1:8080');
    addresses = ['10.0.0.7'];
    targets.failed(first(targets.inTurn()));
    await until(() => names(targets)[0] === '10.0.0.7:8080');
  });

  it('spreads connections over its programs and keeps a polling client with one', async () => {
    await using one = await new Echo('one').start('127.0.0.1');
    const port = Number(new URL(one.url).port);
    await using two = await new Echo('two').start('127.0.0.2', port);
    const resolve = async () => ['127.0.0.2', '127.0.0.1'];
    await using parley = await bareFront({ urls: [`http://realtime.test:${port}`], resolve });
    const greeted = [];
    for (let n = 0; n < 4; n++) greeted.push((await parley.connect()).hello.split(' ')[2]);
    expect(greeted.sort()).toEqual(['one', 'one', 'two', 'two']);
    const polled = new Set();
    for (let n = 0; n < 6; n++) polled.add((await poll(parley.url)).name);
    expect(polled.size).toBe(1);
    expect(new Set([...one.hosts, ...two.hosts])).toEqual(new Set([new URL(parley.url).host]));
  });
});

describe('REALTIME_URL', () => {
  const urlsOf = (REALTIME_URL: string) => parseConfig({ REALTIME_URL }).realtimeUrl;

  it('is addresses of hosts and ports, IPv6 too', () => {
    const good = 'http://realtime:8080, https://realtime.example.org,http://[::1]:8080/';
    const targets = make(urlsOf(good) as string[], { resolve: async () => [] });
    expect(targets.inTurn().map(({ endpoint }) => endpoint)).toEqual([
      { protocol: 'http:', host: 'realtime', port: 8080, servername: 'realtime' },
      { protocol: 'https:', host: 'realtime.example.org', port: 443, servername: 'realtime.example.org' },
      { protocol: 'http:', host: '::1', port: 8080 },
    ]);
  });

  it('has no path, query or credentials, which would not be sent', () => {
    for (const bad of [
      'http://a/path',
      'http://a/?b=c',
      'http://a#b',
      'http://a:b@c',
      'http://a,http://b/c',
    ]) {
      expect(() => urlsOf(bad), bad).toThrow('REALTIME_URL');
    }
  });
});
