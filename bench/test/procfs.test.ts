import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { type CpuSample, cpuBetween, limitedBy } from '../src/cpu.ts';
import {
  descendants,
  descendantsIn,
  type ProcStat,
  parseBusy,
  parseOpenFiles,
  parseRssKb,
  parseStat,
  readOpenFiles,
  readRssKb,
  readStat,
  ticksPerSecond,
} from '../src/procfs.ts';

const LINE =
  '4711 (postgres: a (b) c) S 4242 4711 4711 0 -1 4194560 1 2 3 4 150 50 30 20 20 0 1 0 987654 1000 200 ' +
  '18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0';

describe('/proc', () => {
  it('reads a stat line whose name holds spaces and brackets', () => {
    expect(parseStat(LINE)).toEqual({
      pid: 4711,
      name: 'postgres: a (b) c',
      parent: 4242,
      own: 200,
      reaped: 50,
      startTime: 987654,
    });
    expect(() => parseStat('nothing of the kind')).toThrow('/proc/<pid>/stat');
  });

  it('reads resident memory and the limit of open files', () => {
    expect(parseRssKb('Name:\tnode\nVmRSS:\t  123456 kB\nThreads:\t11\n')).toBe(123456);
    expect(parseRssKb('Name:\tkthreadd\n')).toBeNull();
    expect(
      parseOpenFiles('Max open files            1024                 4096                 files\n'),
    ).toBe(1024);
    expect(
      parseOpenFiles('Max open files            unlimited            unlimited            files\n'),
    ).toBe(Infinity);
    expect(
      parseOpenFiles('Max cpu time              unlimited            unlimited            seconds\n'),
    ).toBeNull();
  });

  it('counts as busy neither idle nor waiting for disks', () => {
    expect(parseBusy('cpu  100 10 50 9000 700 5 6 7 40 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n')).toBe(178);
  });

  it('finds children of children by parent', () => {
    const one = (pid: number, parent: number): ProcStat => ({ ...parseStat(LINE), pid, parent });
    const processes = [one(1, 0), one(10, 1), one(20, 10), one(30, 20), one(11, 1)];
    expect(descendantsIn(processes, 10).map(({ pid }) => pid)).toEqual([20, 30]);
  });

  it.runIf(existsSync('/proc/self/stat'))('sees this process and a child of it', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    expect(descendants(process.pid).map(({ pid }) => pid)).toContain(child.pid);
    expect(readStat(process.pid)?.own).toBeGreaterThan(0);
    expect(readRssKb(process.pid)).toBeGreaterThan(10_000);
    expect(readOpenFiles(process.pid)).toBeGreaterThan(0);
    child.kill();
    await once(child, 'exit');
    expect(readStat(child.pid ?? 0)).toBeNull();
  });
});

describe('CPU', () => {
  const perSecond = ticksPerSecond();
  const sample = (
    at: number,
    server: number | null,
    children: number | null,
    generator: number,
    busy: number,
  ) =>
    ({
      at,
      server: server === null ? null : server * perSecond,
      children: children === null ? null : children * perSecond,
      generator: generator * perSecond,
      busy: busy * perSecond,
    }) satisfies CpuSample;

  it('gives the seconds between two samples, and the rest of the machine as others', () => {
    const use = cpuBetween(sample(0, 1, 2, 3, 100), sample(10_000, 10.5, 5, 7, 117.5), 2);
    expect(use).toMatchObject({ wallSeconds: 10, server: 9.5, postgres: 3, generator: 4, others: 1 });
    expect(use.limitedBy).toBe('server process');
  });

  it('does not guess where the server cannot be seen', () => {
    const use = cpuBetween(sample(0, null, null, 0, 0), sample(1000, null, null, 0.2, 2), 2);
    expect(use).toMatchObject({ server: null, postgres: null, others: null, limitedBy: 'server not seen' });
  });

  it('names what leaves no room', () => {
    const use = { wallSeconds: 1, server: 0.3, postgres: 0.2, generator: 0.3, others: 0 };
    expect(limitedBy(use, 2)).toBe('waiting');
    expect(limitedBy({ ...use, generator: 0.95 }, 2)).toBe('generator');
    expect(limitedBy({ ...use, server: 0.95, postgres: 0.6 }, 2)).toBe('server process, all 2 cores in use');
    expect(limitedBy({ ...use, others: 1.1 }, 2)).toBe('other programs (1.1 cores), all 2 cores in use');
  });
});
