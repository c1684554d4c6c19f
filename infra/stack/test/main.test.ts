import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { TemporaryFolder } from './support/temporary.ts';
import { runs, until } from './support/until.ts';

const main = fileURLToPath(new URL('support/fake-stack.ts', import.meta.url));
const startMs = 5 * 60_000;

interface Running {
  child: ChildProcess;
  stdout: string[];
  stderr: string[];
}

/** The command with programs that are quick to start. */
function run(args: string[], environment: NodeJS.ProcessEnv = {}): Running {
  const { PATH, HOME, XDG_CACHE_HOME } = process.env;
  const env = { PATH, HOME, XDG_CACHE_HOME, PORT: '0', ...environment };
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: string[] = [];
  const stderr: string[] = [];
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line));
  if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
  return { child, stdout, stderr };
}

/** All process numbers of the cluster, once it is ready. */
async function pidsOf({ stdout }: Running): Promise<number[]> {
  await until('it is ready', () => stdout.length > 0);
  const { api, realtime, workers, stores } = JSON.parse(stdout[0] ?? '');
  const list: { pid: number | null }[] = [...api, ...realtime, ...workers, ...Object.values(stores)];
  return list.map(({ pid }) => pid).filter((pid) => pid !== null);
}

test('--json prints one line; SIGTERM ends programs and stores', { timeout: startMs }, async () => {
  using folder = new TemporaryFolder();
  const running = run(['--json', '--workers', '1', '--api', '2'], { PARLEY_DATA_DIR: `${folder.path}/data` });
  const pids = await pidsOf(running);
  expect(pids.length).toBeGreaterThanOrEqual(8);
  expect(pids.every(runs)).toBe(true);
  running.child.kill('SIGTERM');
  expect(await once(running.child, 'close')).toEqual([0, null]);
  expect(running.stdout).toHaveLength(1);
  expect(running.stderr.some((line) => line.startsWith('[api 1] hello from process'))).toBe(true);
  expect(pids.some(runs)).toBe(false);
});

test('nothing outlives it when it is killed', { timeout: startMs }, async () => {
  using folder = new TemporaryFolder();
  const running = run(['--json'], { PARLEY_DATA_DIR: `${folder.path}/data` });
  const pids = await pidsOf(running);
  running.child.kill('SIGKILL');
  await until('all have ended', () => !pids.some(runs));
});

test('without --json it prints a summary for people', { timeout: startMs }, async () => {
  using folder = new TemporaryFolder();
  const running = run([], { PARLEY_DATA_DIR: `${folder.path}/data` });
  await until('it is ready', () => running.stdout.some((line) => line.includes('Ctrl-C')));
  const text = running.stdout.join('\n');
  expect(text).toMatch(/Parley is ready at http:\/\/127\.0\.0\.1:\d+/);
  expect(text).toMatch(/realtime 2 +http:\/\/127\.0\.0\.1:\d+ +process \d+/);
  expect(text).toMatch(/postgresql +postgresql:\/\/parley:…@127/);
  running.child.kill('SIGINT');
  expect(await once(running.child, 'close')).toEqual([0, null]);
});

test('a wrong option is refused with the usage', async () => {
  const { child, stderr } = run(['--realtime', 'many']);
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(stderr.join('\n')).toMatch(/--realtime must be a number from 1 to 99[\s\S]*npm run stack/);
});
