import { describe, expect, it } from 'vitest';

import { groupRows } from '../src/measure-group.ts';
import { parseOptions } from '../src/options.ts';
import { publishedOptions } from '../src/report.ts';

describe('options', () => {
  it('has defaults for everything', () => {
    expect(parseOptions([])).toMatchObject({
      only: ['ws', 'socketio', 'groups', 'rest', 'idle'],
      members: [16, 256],
      groupInFlight: null,
      seconds: 10,
      pairs: 50,
      inFlight: [1, 8],
      rate: 1000,
      connections: 5000,
      url: null,
      name: 'all',
    });
  });

  it('reads lists and addresses', () => {
    const args = [
      '--only',
      'ws,idle',
      '--in-flight',
      '4',
      '--url',
      'http://localhost:3000/x',
      '--seconds=0.5',
    ];
    expect(parseOptions(args)).toMatchObject({
      only: ['ws', 'idle'],
      inFlight: [4],
      url: 'http://localhost:3000',
      seconds: 0.5,
      name: 'ws-idle',
    });
  });

  it('has its own defaults for a cluster', () => {
    expect(parseOptions(['--stack'])).toMatchObject({
      stack: true,
      cases: ['embedded', '1', '2', '1-postgresql', '2-postgresql'],
      only: ['ws', 'socketio', 'rest'],
      seconds: 5,
      warmup: 1,
      name: 'stack',
    });
    expect(parseOptions(['--stack', '--cases', '2, embedded', '--seconds', '3'])).toMatchObject({
      cases: ['2', 'embedded'],
      seconds: 3,
    });
  });

  it('has as many messages in flight in a group as the yardstick had, or as it is told', () => {
    expect(groupRows({ members: [16, 256], groupInFlight: null })).toEqual([
      { members: 16, inFlight: 8 },
      { members: 256, inFlight: 4 },
    ]);
    expect(groupRows({ members: [2, 16, 256], groupInFlight: [3, 5] })).toEqual([
      { members: 2, inFlight: 3 },
      { members: 16, inFlight: 5 },
      { members: 256, inFlight: 5 },
    ]);
  });

  it.each([
    [['--stack', '--cases', '3'], '--cases must be some of'],
    [['--stack', '--only', 'ws,idle'], '--stack measures neither groups nor idle connections'],
    [['--stack', '--only', 'groups'], '--stack measures neither groups nor idle connections'],
    [['--members', '16,257'], '--members must be between 2 and 256'],
    [['--members', '1'], '--members must be between 2 and 256'],
    [['--group-in-flight', '0'], '--group-in-flight must be a positive number'],
    [['--stack', '--url', 'http://127.0.0.1'], '--stack starts its own programs'],
    [['--only', 'wss'], '--only must be some of'],
    [['--pairs', '1.5'], '--pairs must be a whole number'],
    [['--seconds', '0'], '--seconds must be a positive number'],
    [['--in-flight', '1,x'], '--in-flight must be a positive number'],
    [['--url', 'https://example.org'], '--url must be an http:// address'],
    [['--name', '../x'], '--name may hold'],
    [['--speed', '9'], '--speed'],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });

  it('publishes no address and no file name', () => {
    const options = parseOptions([
      '--url',
      'http://10.0.0.1',
      '--json',
      'somewhere.json',
      '--out',
      'elsewhere',
    ]);
    if (options === 'help') throw new Error('not asked for');
    expect(JSON.stringify(publishedOptions(options))).not.toMatch(/10\.0\.0\.1|somewhere|elsewhere|apps/);
  });
});
