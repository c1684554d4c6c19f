import { afterEach, describe, expect, it } from 'vitest';

import { GeneratorProcess } from '../src/generator-process.ts';
import { GroupMember } from '../src/load/group-member.ts';
import { SeqScanner } from '../src/load/scan-seq.ts';
import type { GroupJob, GroupResult, Phase } from '../src/protocol.ts';
import { type Faults, startFakeServer } from './fake-server.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function run(
  faults: Faults = {},
  change: Partial<GroupJob> = {},
): Promise<{ result: GroupResult; phases: Phase[] }> {
  const server = await startFakeServer(0, faults);
  const generator = new GeneratorProcess();
  closing.push(
    () => server.close(),
    () => generator.stop(),
  );
  const phases: Phase[] = [];
  const job: GroupJob = {
    ...{ url: server.url, members: 8, inFlight: 3, warmupMs: 100, measureMs: 400, drainMs: 500 },
    ...change,
  };
  const result = await generator.call('group', job, (phase) => phases.push(phase));
  return { result, phases };
}

describe('a group', () => {
  it('counts what is accepted and what reaches the members, and finds nothing wrong where nothing is', async () => {
    const { result, phases } = await run();
    expect(result.firstViolations).toEqual([]);
    expect(phases).toEqual(['measuring', 'measured']);
    expect(result.accepted).toBeGreaterThan(50);
    expect(Math.abs(result.delivered - result.accepted * 7)).toBeLessThanOrEqual(3 * 7 * 2);
    expect(result.delivery.count).toBe(result.acceptance.count * 7);
    expect(result.delivery.p50).toBeGreaterThan(0);
    expect(result.acceptance.p50).toBeGreaterThan(0);
  });

  it('reads JSON with spaces in it, if more slowly', async () => {
    const { result } = await run({ spaced: true });
    expect(result.firstViolations).toEqual([]);
    expect(result.delivered).toBeGreaterThan(100);
  });

  it.each<[string, Faults, RegExp]>([
    ['a message that one member did not get', { dropEvery: 10 }, /was accepted and reached 6 of 7 members/],
    ['a message delivered twice', { duplicateEvery: 10 }, /seq \d+ was delivered twice to member \d/],
    ['messages out of order', { swapEvery: 10 }, /seq \d+ was delivered after \d+ to member \d/],
    ['a refusal', { refuseEvery: 10 }, /refused: TOO_MANY_REQUESTS: slow down/],
    ['a message that comes back to its sender', { echoEvery: 10 }, /came back to the connection that sent/],
    ['numbers that are left out', { holeEvery: 10 }, /seq \d+ never came to member \d/],
    // One in 61 deliveries is read as a whole, and a seventh of them goes to the member who is told otherwise.
    ['an id that differs', { wrongIdEvery: 2 }, /with other ids or another text/],
  ])('notices %s', async (_what, faults, expected) => {
    const { result } = await run(faults, { measureMs: 1000 });
    expect(result.violations).toBeGreaterThan(0);
    expect(result.firstViolations.join('\n')).toMatch(expected);
  });

  it('notices that the server goes away', async () => {
    const server = await startFakeServer();
    const generator = new GeneratorProcess();
    closing.push(() => generator.stop());
    const job = { url: server.url, members: 4, inFlight: 2, warmupMs: 50, measureMs: 200, drainMs: 100 };
    const result = await generator.call('group', job, (phase) => {
      if (phase === 'measuring') void server.close();
    });
    expect(result.firstViolations.join('\n')).toMatch(/connection ended/);
  });
});

describe('the numbers of a member', () => {
  it('takes others in their order, and its own wherever they are answered', () => {
    const member = new GroupMember(5);
    expect(member.arrived(4)).toBe('before');
    expect(member.arrived(6)).toBe('next');
    // 7 and 9 are its own: one is answered before its turn, the other after it.
    member.answered(9);
    expect(member.arrived(8)).toBe('next');
    expect(member.missing).toEqual([7]);
    member.answered(7);
    expect(member.arrived(10)).toBe('next');
    expect(member.missing).toEqual([]);
    expect(member.arrived(12)).toBe('next');
    expect(member.arrived(11)).toBe('late');
    expect(member.arrived(11)).toBe('again');
    expect(member.arrived(14)).toBe('next');
    expect(member.missing).toEqual([13]);
  });
});

describe('SeqScanner', () => {
  const frame = (data: object, event = 'message.new'): Buffer => Buffer.from(JSON.stringify({ event, data }));
  const scan = (scanner: SeqScanner, bytes: Buffer): number => {
    // In the midst of other bytes, as in the read buffer.
    const all = Buffer.concat([Buffer.from('"seq":77'), bytes, Buffer.from('"seq":88')]);
    return scanner.scan(all, 8, 8 + bytes.length);
  };

  it('finds the number wherever it stands, and does not take text for it', () => {
    const scanner = new SeqScanner();
    expect(scan(scanner, frame({ message_id: 'a', seq: 12, version: 3 }))).toBe(12);
    expect(scan(scanner, frame({ message_id: 'b', seq: 1234567, version: 3 }))).toBe(1234567);
    expect(scan(scanner, frame({ message_id: 'longer', payload: { body: '"seq":5' }, seq: 13 }))).toBe(13);
    expect(scan(scanner, frame({ seq: 0 }))).toBe(0);
  });

  it('leaves other frames to others', () => {
    const scanner = new SeqScanner();
    expect(scan(scanner, frame({ seq: 12 }, 'message.sent'))).toBe(-1);
    expect(scan(scanner, frame({ seq: 12 }, 'message.newer'))).toBe(-1);
    expect(scan(scanner, frame({ text: 'no number' }))).toBe(-1);
    expect(
      scan(scanner, Buffer.from(JSON.stringify({ event: 'message.new', data: { seq: 1 } }, null, 1))),
    ).toBe(-1);
    expect(scan(scanner, Buffer.from('{"event":'))).toBe(-1);
  });
});
