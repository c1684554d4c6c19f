// The processes that decode images: what happens when they crash, hang or are left behind.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, expect, test, vi } from 'vitest';
import { isRunning } from '../src/embedded-postgres/processes.ts';
import type { FromImageProcess } from '../src/media/images/job.ts';
import { ImagePool } from '../src/media/images/pool.ts';
import { LocalMediaTools } from '../src/media/index.ts';
import { niceValues, openMediaTools, recordingLog, type TestTools } from './support/media-tools.ts';

const onLinux = process.platform === 'linux';
const picture = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#c33' } })
  .png()
  .toBuffer();

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function opened(options: Parameters<typeof openMediaTools>[0] = {}): Promise<TestTools> {
  const open = await openMediaTools(options);
  cleanUps.push(() => open[Symbol.asyncDispose]());
  return open;
}

function width({ tools }: Pick<TestTools, 'tools'>): Promise<number> {
  return tools.image({ mimeType: 'image/png' }, Readable.from([picture]), async (found) => found.width);
}

/** The process that is up, stopped, so that what it is asked next stays unanswered. */
async function freeze(open: TestTools): Promise<number> {
  await width(open);
  const pid = open.imageProcesses.at(-1) as number;
  process.kill(pid, 'SIGSTOP');
  return pid;
}

/** An image is on its way, and all of it is in its file. */
async function begun(open: TestTools): Promise<void> {
  await vi.waitFor(async () => {
    const [folder] = await readdir(open.dir);
    const files = await readdir(join(open.dir, folder as string));
    const sizes = await Promise.all(
      files.map(async (name) => (await stat(join(open.dir, folder as string, name))).size),
    );
    expect(sizes).toContain(picture.length);
  });
}

test('a process that is killed at work costs nobody an image', async () => {
  const open = await opened();
  const pid = await freeze(open);
  const looking = width(open);
  await begun(open);
  process.kill(pid, 'SIGKILL');
  expect(await looking).toBe(60);
  expect(open.imageProcesses).toHaveLength(2);
  expect(open.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
});

test('an image that ends two processes is refused, and the next one is served', async () => {
  let deadly = true;
  const open = await opened({ onStart: (pid) => deadly && process.kill(pid, 'SIGKILL') });
  await expect(width(open)).rejects.toMatchObject({
    code: 'MEDIA_INVALID_TYPE',
    message: 'The image is damaged',
  });
  expect(open.imageProcesses).toHaveLength(2);
  expect(await open.leftovers()).toEqual([]);
  deadly = false;
  expect(await width(open)).toBe(60);
});

/** A pool whose processes work on an image for ever, or say so. */
async function endless(cpuMs: number): Promise<{ pool: ImagePool; dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-image-pool-'));
  cleanUps.push(() => rm(dir, { recursive: true, force: true }));
  const program = join(dir, 'endless.mjs');
  await writeFile(
    program,
    `process.on('message', ({ id }) => process.send({ kind: 'working', id, cpuMs: ${cpuMs} }));
     process.send({ kind: 'ready' });`,
  );
  const pool = new ImagePool({ log: recordingLog(), processes: 1, imageMs: 1000, program });
  cleanUps.push(() => pool.close());
  return { pool, dir };
}

test('an image that is worked on for too long is refused; one that the machine had no time for can be sent again', async () => {
  const paths = { uprightPath: '/u', smallPath: '/s', sourcePath: '/x' };
  const job = { kind: 'image', format: 'png', incomingPath: null, ...paths } as const;
  const [hanging, starving] = [await endless(900), await endless(100)];
  await expect(hanging.pool.look(job)).rejects.toMatchObject({ code: 'MEDIA_INVALID_TYPE' });
  await expect(starving.pool.look(job)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});

test('a process tells how long it has worked', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-image-pool-'));
  cleanUps.push(() => rm(dir, { recursive: true, force: true }));
  const source = join(dir, 'source');
  const incoming = join(dir, 'incoming');
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const large = sharp({ create: { width: 4000, height: 4000, channels: 3, background: '#888', noise } });
  // Lying on its side, it is written anew.
  await writeFile(incoming, await large.jpeg().withMetadata({ orientation: 6 }).toBuffer());
  const main = fileURLToPath(new URL('../src/media/images/main.ts', import.meta.url));
  const child = fork(main, [], { execArgv: [] });
  cleanUps.push(() => child.kill('SIGKILL'));
  const messages: FromImageProcess[] = [];
  child.on('message', (message: FromImageProcess) => messages.push(message));
  await vi.waitFor(() => expect(messages).toEqual([{ kind: 'ready' }]), { timeout: 10_000 });
  const paths = { uprightPath: join(dir, 'u'), smallPath: join(dir, 's'), sourcePath: source };
  child.send({ id: 7, job: { kind: 'image', format: 'jpeg', incomingPath: incoming, ...paths } });
  await vi.waitFor(() => expect(messages.at(-1)).toMatchObject({ kind: 'answer', id: 7 }), {
    timeout: 20_000,
  });
  const told = messages.flatMap((message) => (message.kind === 'working' ? [message.cpuMs] : []));
  expect(told.length).toBeGreaterThan(0);
  expect(told.at(-1)).toBeGreaterThan(10);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
});

test('a process that gives no sign is ended, and the next image is served', async () => {
  const open = await opened({ timeouts: { imageMs: 3000 } });
  const pid = await freeze(open);
  const next = [width(open), width(open)] as const;
  await expect(next[0]).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(await next[1]).toBe(60);
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  expect(await open.leftovers()).toEqual([]);
});

test('the least time is enough to end one', async () => {
  const open = await opened({ timeouts: { imageMs: 0 } });
  await expect(width(open)).rejects.toMatchObject({ code: 'MEDIA_INVALID_TYPE' });
  const [pid] = open.imageProcesses;
  await vi.waitFor(() => expect(isRunning(pid as number)).toBe(false));
});

test('images go in the order they came, as many at once as there are processes', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-image-pool-'));
  cleanUps.push(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'source');
  await writeFile(path, picture);
  const started: unknown[] = [];
  const log = recordingLog(({ fields }) => started.push(fields));
  const done: number[] = [];
  const looks = (pool: ImagePool, count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const paths = { uprightPath: join(dir, `u${n}`), smallPath: join(dir, `s${n}`), sourcePath: path };
        await pool.look({ kind: 'image', format: 'png', incomingPath: null, ...paths });
        done.push(n);
      }),
    );
  const one = new ImagePool({ log, processes: 1, imageMs: 15_000 });
  cleanUps.push(() => one.close());
  await looks(one, 12);
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(started).toHaveLength(1);
  const two = new ImagePool({ log, processes: 2, imageMs: 15_000 });
  cleanUps.push(() => two.close());
  await looks(two, 12);
  expect(started).toHaveLength(3);
});

test('only the four formats can be decoded at all, whatever somebody got past other checks', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-image-pool-'));
  cleanUps.push(() => rm(dir, { recursive: true, force: true }));
  const pool = new ImagePool({ log: recordingLog(), processes: 1, imageMs: 15_000 });
  cleanUps.push(() => pool.close());
  const paths = { uprightPath: join(dir, 'u'), smallPath: join(dir, 's'), sourcePath: join(dir, 'source') };
  const others = {
    svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    tiff: await sharp(picture).tiff().toBuffer(),
    avif: await sharp(picture).avif({ effort: 0 }).toBuffer(),
  };
  for (const [name, bytes] of Object.entries(others)) {
    await writeFile(paths.sourcePath, bytes);
    const error = await pool
      .look({ kind: 'image', format: 'png', incomingPath: null, ...paths })
      .catch((cause) => cause);
    expect(error.code, name).toBe('MEDIA_INVALID_TYPE');
    expect(error.cause.message, name).toContain('unsupported image format');
  }
  // An accepted format, but not the one that it came as.
  await writeFile(paths.sourcePath, picture);
  await expect(
    pool.look({ kind: 'image', format: 'gif', incomingPath: null, ...paths }),
  ).rejects.toMatchObject({
    code: 'MEDIA_INVALID_TYPE',
  });
});

test('a full disk is nothing that is wrong with the image', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-image-pool-'));
  cleanUps.push(() => rm(dir, { recursive: true, force: true }));
  const pool = new ImagePool({ log: recordingLog(), processes: 1, imageMs: 15_000 });
  cleanUps.push(() => pool.close());
  await writeFile(join(dir, 'source'), picture);
  // A folder that is not there fails as a disk does.
  const paths = {
    uprightPath: join(dir, 'u'),
    smallPath: join(dir, 'gone/s'),
    sourcePath: join(dir, 'source'),
  };
  await expect(
    pool.look({ kind: 'image', format: 'png', incomingPath: null, ...paths }),
  ).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  });
});

test.runIf(onLinux)('a process comes after messages, and knows none of the secrets', async () => {
  vi.stubEnv('JWT_SECRET', 'a secret that nobody must read');
  cleanUps.push(() => vi.unstubAllEnvs());
  const open = await opened();
  await width(open);
  const [pid] = open.imageProcesses as [number];
  expect(new Set(await niceValues(pid))).toEqual(new Set([10]));
  const names = (await readFile(`/proc/${pid}/environ`, 'utf8'))
    .split('\0')
    .map((line) => line.split('=')[0]);
  expect(names).toContain('PATH');
  expect(names).not.toContain('JWT_SECRET');
});

test('closing ends processes, fails what is under way and removes the folder', async () => {
  const open = await opened();
  const pid = await freeze(open);
  const looking = [width(open), width(open)];
  const outcomes = Promise.allSettled(looking);
  await begun(open);
  await open.tools.close();
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SERVICE_UNAVAILABLE' } });
  }
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  expect(await readdir(open.dir)).toEqual([]);
  expect(open.log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  await expect(width(open)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(await readdir(open.dir)).toEqual([]);
});

/** Another program that looks into an image, says which process it used, and lives on. */
async function program(dir: string): Promise<{ child: ChildProcess; imageProcess: number }> {
  const tools = fileURLToPath(new URL('../src/media/index.ts', import.meta.url));
  const script = `
    import { Readable } from 'node:stream';
    const { LocalMediaTools } = await import(${JSON.stringify(tools)});
    const tell = ({ imageProcess }) => imageProcess && console.log(imageProcess);
    const log = { debug: tell, info() {}, warn() {}, error() {} };
    const tools = new LocalMediaTools({ temporaryDir: process.argv[1], log, ffmpeg: null });
    await tools.start();
    const body = Readable.from([Buffer.from('${picture.toString('base64')}', 'base64')]);
    setInterval(() => {}, 1000);
    await tools.image({ mimeType: 'image/png' }, body, () => new Promise(() => {}));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout as Readable }), 'line');
  return { child, imageProcess: Number(line) };
}

test('a program that dies takes its processes with it; what it left is swept by the next, what is in use is not', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-media-tools-'));
  cleanUps.push(() => rm(dir, { recursive: true, force: true }));
  const { child, imageProcess } = await program(dir);
  const [left] = await readdir(dir);
  const files = () => readdir(join(dir, left as string));
  await vi.waitFor(async () => expect((await files()).length).toBeGreaterThan(0));
  const next = new LocalMediaTools({ temporaryDir: dir, log: recordingLog(), ffmpeg: null });
  cleanUps.push(() => next.close());
  await next.start();
  expect(await readdir(dir)).toHaveLength(2);
  expect((await files()).length).toBeGreaterThan(0);

  // What another machine or container left can only be told by its age.
  const folders = {
    old: 'parley-media.0123456789ab.7.0123456789ab.x',
    new: 'parley-media.0123456789ab.8.0123456789ab.x',
  };
  for (const name of [...Object.values(folders), 'something-else']) await mkdir(join(dir, name));
  const longAgo = Date.now() / 1000 - 25 * 3600;
  for (const name of [folders.old, 'something-else']) await utimes(join(dir, name), longAgo, longAgo);

  expect(isRunning(imageProcess)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await vi.waitFor(() => expect(isRunning(imageProcess)).toBe(false), { timeout: 5000 });
  await next.start();
  const names = await readdir(dir);
  expect(names).toHaveLength(3);
  expect(names).toEqual(expect.arrayContaining([folders.new, 'something-else']));
  expect(names).not.toContain(left);
});

test.runIf(onLinux)('signals that reach it with its owner, as Ctrl-C does, leave it at work', async () => {
  const open = await opened();
  await width(open);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(open.imageProcesses[0] as number, signal);
  expect(await width(open)).toBe(60);
  expect(open.imageProcesses).toHaveLength(1);
});

test('the folder is for its owner alone, and is made again where it was cleaned away', async () => {
  const open = await opened();
  const [folder] = await readdir(open.dir);
  const path = join(open.dir, folder as string);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  await rm(path, { recursive: true });
  expect(await width(open)).toBe(60);
});

test('where files cannot be kept, the image can be sent again', async () => {
  const open = await opened();
  await rm(open.dir, { recursive: true });
  await writeFile(open.dir, 'a file where the folder should be');
  const body = Readable.from([picture]);
  await expect(open.tools.image({ mimeType: 'image/png' }, body, async () => {})).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  });
  expect(body.destroyed).toBe(true);
  await rm(open.dir);
});
