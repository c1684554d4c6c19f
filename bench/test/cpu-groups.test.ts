import { describe, expect, it } from 'vitest';

import type { ProcStat } from '../src/procfs.ts';
import { coresBetween, sampleGroups, ticksOf } from '../src/stack/cpu-groups.ts';

const processOf = (pid: number, parent: number, own: number, reaped = 0): ProcStat => {
  return { pid, parent, own, reaped, name: 'x', startTime: 1 };
};
const processes = [
  processOf(10, 1, 100, 7),
  processOf(11, 10, 20),
  processOf(12, 11, 3),
  processOf(20, 1, 1000),
];

describe('groups of processes', () => {
  it('count a process, what stems from it, or both', () => {
    const group = { title: 'server', pids: [10] };
    expect(ticksOf({ ...group, of: 'own' }, processes)).toBe(100);
    expect(ticksOf({ ...group, of: 'below' }, processes)).toBe(30);
    expect(ticksOf({ ...group, of: 'all' }, processes)).toBe(130);
    expect(ticksOf({ title: 'two', pids: [10, 20], of: 'own' }, processes)).toBe(1100);
    expect(ticksOf({ title: 'gone', pids: [99], of: 'all' }, processes)).toBe(0);
  });

  it('tell the CPU that this very process uses', async () => {
    const groups = [{ title: 'me', pids: [process.pid], of: 'own' }] as const;
    const before = sampleGroups(groups);
    for (const until = performance.now() + 300; performance.now() < until; );
    const { me, others } = coresBetween(before, sampleGroups(groups));
    expect(me).toBeGreaterThan(0.05);
    expect(me).toBeLessThan(3);
    expect(others).toBeGreaterThanOrEqual(0);
  });
});
