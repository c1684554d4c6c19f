// Videos and sounds, with the real ffmpeg where there is one.
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isRunning } from '../src/embedded-postgres/processes.ts';
import { Programs } from '../src/media/footage/run.ts';
import { type Ffmpeg, findFfmpeg } from '../src/media/index.ts';
import { openMediaTools, type TestTools } from './support/media-tools.ts';

const ffmpeg = await findFfmpeg();
const nothing = { width: null, height: null, durationMs: null, thumbnail: null };

let dir: string;
let open: TestTools;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-footage-'));
  open = await openMediaTools({ ffmpeg });
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

/** Makes a file with ffmpeg; says where it is. */
async function make(name: string, ...args: string[]): Promise<string> {
  const path = join(dir, name);
  await promisify(execFile)((ffmpeg as Ffmpeg).ffmpeg, ['-v', 'error', '-y', ...args, path]);
  return path;
}

/** Two seconds, of 320 x 240 pixels: the upper half red, the lower blue. */
const picture = [
  '-f',
  'lavfi',
  '-i',
  'color=red:s=320x120:r=10:d=2',
  '-f',
  'lavfi',
  '-i',
  'color=blue:s=320x120:r=10:d=2',
];
const stacked = ['-filter_complex', '[0:v][1:v]vstack[v]', '-map', '[v]', '-pix_fmt', 'yuv420p'];
const sound = ['-f', 'lavfi', '-i', 'sine=d=2'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0'];

function look(mimeType: string, body: string | Buffer, from = open) {
  const type = mimeType.startsWith('audio') ? 'audio' : 'video';
  const stream = typeof body === 'string' ? createReadStream(body) : Readable.from([body]);
  return from.tools.footage({ type, mimeType, sizeBytes: 0 }, stream);
}

/** Red and blue at the middle of a side of the thumbnail. */
async function colourAt(thumbnail: { body: Buffer } | null, side: 'top' | 'bottom' | 'left' | 'right') {
  const { data, info } = await sharp(thumbnail?.body).raw().toBuffer({ resolveWithObject: true });
  const column = { top: 0.5, bottom: 0.5, left: 0.1, right: 0.9 }[side] * info.width;
  const row = { top: 0.1, bottom: 0.9, left: 0.5, right: 0.5 }[side] * info.height;
  const at = (Math.floor(row) * info.width + Math.floor(column)) * info.channels;
  return (data[at] as number) > (data[at + 2] as number) ? 'red' : 'blue';
}

test('where the suite must be whole, ffmpeg is there', () => {
  if (process.env.CI) expect(ffmpeg).not.toBeNull();
});

describe.runIf(ffmpeg)('what is told', () => {
  test('of a video: its length, its size, an early frame', async () => {
    const found = await look('video/mp4', await make('plain.mp4', ...picture, ...stacked, ...h264));
    expect(found).toMatchObject({ width: 320, height: 240, durationMs: 2000 });
    expect(found.thumbnail?.mimeType).toBe('image/jpeg');
    const seen = await sharp(found.thumbnail?.body).metadata();
    expect([seen.format, seen.width, seen.height]).toEqual(['jpeg', 200, 150]);
    expect(await colourAt(found.thumbnail, 'top')).toBe('red');
    expect(await colourAt(found.thumbnail, 'bottom')).toBe('blue');
    expect(open.log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
    expect(await open.leftovers()).toEqual([]);
  });

  test('of one that was filmed upright: as it is shown', async () => {
    const flat = await make('flat.mp4', ...picture, ...stacked, ...h264);
    const turned = await make('turned.mp4', '-i', flat, '-c', 'copy', '-metadata:s:v', 'rotate=90');
    const found = await look('video/mp4', turned);
    expect(found).toMatchObject({ width: 240, height: 320 });
    const seen = await sharp(found.thumbnail?.body).metadata();
    expect([seen.width, seen.height]).toEqual([200, 266]);
    expect(
      new Set([await colourAt(found.thumbnail, 'left'), await colourAt(found.thumbnail, 'right')]).size,
    ).toBe(2);
  });

  test('of one whose pixels are not square: as it is shown', async () => {
    const wide = await make(
      'wide.mp4',
      ...picture,
      ...stacked.slice(0, 1),
      '[0:v][1:v]vstack,setsar=2/1[v]',
      ...stacked.slice(2),
      ...h264,
    );
    const found = await look('video/mp4', wide);
    expect(found).toMatchObject({ width: 640, height: 240 });
    const seen = await sharp(found.thumbnail?.body).metadata();
    expect([seen.width, seen.height]).toEqual([200, 76]);
  });

  test('of 3GP, MKV, and videos with sound or with strange sizes', async () => {
    const films = ['-f', 'lavfi', '-i', 'testsrc=s=176x144:r=10:d=2', ...sound];
    const old = await make('old.3gp', ...films, '-c:v', 'h263', '-c:a', 'aac', '-ar', '8000');
    expect(await look('video/3gpp', old)).toMatchObject({ width: 176, height: 144, durationMs: 2000 });
    const mkv = await make('film.mkv', ...films, ...h264, '-c:a', 'libopus');
    const found = await look('video/matroska', mkv);
    expect([found.width, found.height, found.thumbnail?.mimeType]).toEqual([176, 144, 'image/jpeg']);
    expect(Math.abs((found.durationMs as number) - 2000)).toBeLessThan(50);
    const thin = await make('thin.mkv', '-f', 'lavfi', '-i', 'testsrc=s=2000x10:r=10:d=1', '-c:v', 'mjpeg');
    const seen = await sharp((await look('video/x-matroska', thin)).thumbnail?.body).metadata();
    expect([seen.width, seen.height]).toEqual([200, 2]);
  });

  test('of one frame only, and of a recording that tells no length', async () => {
    const one = await make('one.mp4', '-f', 'lavfi', '-i', 'color=red:s=64x48:r=10:d=0.1', ...h264);
    expect(await look('video/mp4', one)).toMatchObject({
      durationMs: 100,
      thumbnail: { mimeType: 'image/jpeg' },
    });
    const path = join(dir, 'live.mkv');
    const args = ['-v', 'error', ...picture, ...stacked, ...h264, '-f', 'matroska', 'pipe:1'];
    const { stdout } = await promisify(execFile)((ffmpeg as Ffmpeg).ffmpeg, args, { encoding: 'buffer' });
    await writeFile(path, stdout);
    const found = await look('video/matroska', path);
    expect(Math.abs((found.durationMs as number) - 2000)).toBeLessThan(120);
  });

  test('of a file whose length is a lie: the first frame', async () => {
    // The picture ends after 0.5 s, the sound goes on.
    const short = ['-f', 'lavfi', '-i', 'color=red:s=64x48:r=10:d=0.5', ...sound];
    const found = await look('video/mp4', await make('lie.mp4', ...short, ...h264, '-c:a', 'aac'));
    expect(found.durationMs).toBe(2000);
    expect(found.thumbnail).not.toBeNull();
  });

  test('of a file whose length cannot be: none', async () => {
    const mkv = await readFile(await make('lie.mkv', ...picture, ...stacked, ...h264));
    // EBML: Duration, of eight bytes (RFC 9559, section 5.1.2.10).
    const at = mkv.indexOf(Buffer.from([0x44, 0x89, 0x88]));
    expect(at).toBeGreaterThan(0);
    mkv.writeDoubleBE(9.2e15, at + 3);
    expect(await look('video/x-matroska', mkv)).toMatchObject({ durationMs: null, width: 320, height: 240 });
  });

  test('of sounds: their length', async () => {
    // Quiet at first: whoever reckons from the beginning of such a file is far off.
    const uneven = [
      '-filter_complex',
      "[0:a]volume='gte(t,1)':eval=frame,aeval='val(0)+gte(t,1)*(random(0)-0.5)'[a]",
    ];
    const sounds: [string, string, string[]][] = [
      ['audio/mpeg', 'sound.mp3', []],
      ['audio/mpeg', 'bare.mp3', [...uneven, '-map', '[a]', '-write_xing', '0', '-q:a', '4']],
      ['audio/ogg', 'sound.ogg', []],
      ['audio/ogg; codecs=opus', 'sound.opus', ['-c:a', 'libopus']],
      ['audio/aac', 'sound.aac', []],
    ];
    for (const [mimeType, name, args] of sounds) {
      const found = await look(mimeType, await make(name, ...sound, ...args));
      expect({ ...found, durationMs: null }, name).toEqual(nothing);
      expect(Math.abs((found.durationMs as number) - 2000), name).toBeLessThan(80);
    }
  });

  test('of a video without a picture: its length; of a cover of a song: nothing', async () => {
    const silent = await make('sound.mp4', ...sound, '-c:a', 'aac');
    expect(await look('video/mp4', silent)).toEqual({ ...nothing, durationMs: 2000 });
    const cover = join(dir, 'cover.png');
    await writeFile(
      cover,
      await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    );
    const song = await make('song.mp3', ...sound, '-i', cover, '-map', '0', '-map', '1', '-c:v', 'copy');
    const covered = await make(
      'song.mp4',
      '-i',
      song,
      '-map',
      '0',
      '-c',
      'copy',
      '-disposition:v',
      'attached_pic',
    );
    for (const found of [await look('audio/mpeg', song), await look('video/mp4', covered)]) {
      expect([found.width, found.thumbnail]).toEqual([null, null]);
      expect(Math.abs((found.durationMs as number) - 2000)).toBeLessThan(80);
    }
    const film = await make('clip.mp4', ...picture, ...stacked, ...h264);
    expect(await look('audio/mp4', film)).toEqual({ ...nothing, durationMs: 2000 });
  });

  test('of ten minutes: the same, without decoding them', async () => {
    await using quick = await openMediaTools({ ffmpeg, timeouts: { footageMs: 10_000 } });
    const film = ['-f', 'lavfi', '-i', 'testsrc=s=320x240:r=5:d=600', ...h264, '-g', '3000'];
    const found = await look('video/mp4', await make('long.mp4', ...film), quick);
    expect(found).toMatchObject({ durationMs: 600_000, thumbnail: { mimeType: 'image/jpeg' } });
  });
});

describe.runIf(ffmpeg)('what somebody made to do harm', () => {
  test('garbage tells nothing, and only so much of it is logged', async () => {
    const garbage = Buffer.from('my secret diary '.repeat(5000));
    for (const mimeType of [
      'video/mp4',
      'video/3gpp',
      'video/matroska',
      'audio/ogg',
      'audio/aac',
      'video/unknown',
    ]) {
      expect(await look(mimeType, garbage), mimeType).toEqual(nothing);
    }
    expect(await look('video/mp4', Buffer.alloc(0))).toEqual(nothing);
    expect(JSON.stringify(open.log.lines)).not.toContain('diary');
    expect(open.log.lines.filter(({ level }) => level === 'warn').length).toBeGreaterThanOrEqual(7);
    expect(await open.leftovers()).toEqual([]);
  });

  test('half a video tells what can be told', async () => {
    const whole = await readFile(await make('half.mkv', ...picture, ...stacked, ...h264));
    const found = await look('video/matroska', whole.subarray(0, Math.floor(whole.length * 0.9)));
    expect(found).toMatchObject({ width: 320, height: 240 });
  });

  test('playlists and lists of files open nothing', async () => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const film = await make('real.ts', ...picture, ...stacked, ...h264);
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/part.ts`;
    const lists = [film, `file://${film}`, address].flatMap((part) => [
      `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2,\n${part}\n#EXT-X-ENDLIST\n`,
      `ffconcat version 1.0\nfile '${part}'\n`,
    ]);
    for (const list of lists) {
      expect(await look('video/mp4', Buffer.from(list))).toEqual(nothing);
    }
    expect(requests).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });
});

/** Programs that say they are ffmpeg and ffprobe, and do as the script says. */
async function fake(name: string, script: string): Promise<Ffmpeg> {
  const path = join(dir, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { ffmpeg: path, ffprobe: path, version: 'fake' };
}

describe('ffmpeg', () => {
  test('that is not there tells nothing, and the stream is let go', async () => {
    await using none = await openMediaTools({ ffmpeg: null });
    const body = Readable.from([Buffer.from('x')]);
    const found = await none.tools.footage({ type: 'video', mimeType: 'video/mp4', sizeBytes: 1 }, body);
    expect(found).toEqual(nothing);
    expect(body.destroyed).toBe(true);
    expect(none.log.lines).toMatchObject([{ level: 'warn', fields: { reason: 'ffmpeg is not installed' } }]);
  });

  test('that was removed tells nothing', async () => {
    const path = join(dir, 'not-there');
    await using gone = await openMediaTools({ ffmpeg: { ffmpeg: path, ffprobe: path, version: '0' } });
    expect(await look('video/mp4', Buffer.from('x'), gone)).toEqual(nothing);
    expect(gone.log.lines).toHaveLength(1);
  });

  test('that hangs is ended with all it has started', async () => {
    const pids = join(dir, 'pids');
    const hanging = await fake('hanging', `sleep 600 & echo $$ $! > '${pids}'; wait`);
    await using slow = await openMediaTools({ ffmpeg: hanging, timeouts: { footageMs: 1000 } });
    expect(await look('video/mp4', Buffer.from('x'), slow)).toEqual(nothing);
    expect(slow.log.lines[0]?.fields.reason).toContain('within 1000 ms');
    const numbers = (await readFile(pids, 'utf8')).trim().split(' ').map(Number);
    expect(numbers).toHaveLength(2);
    for (const pid of numbers) await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
    expect(await slow.leftovers()).toEqual([]);
  });

  test('that talks nonsense, or without end, tells nothing', async () => {
    for (const [name, script] of [
      ['nonsense', 'echo "{"'],
      ['empty', 'echo "{}"'],
      ['endless', 'yes'],
    ] as const) {
      await using mad = await openMediaTools({ ffmpeg: await fake(name, script) });
      expect(await look('video/mp4', Buffer.from('x'), mad), name).toEqual(nothing);
    }
  });

  test('that still runs when the program stops is ended, and the file can be looked into again', async () => {
    const pids = join(dir, 'stopped');
    const hanging = await fake('until-stopped', `echo $$ > '${pids}'; sleep 600`);
    await using slow = await openMediaTools({ ffmpeg: hanging });
    const outcome = look('video/mp4', Buffer.from('x'), slow).catch((error) => error.code);
    await vi.waitFor(async () => expect((await readFile(pids, 'utf8')).length).toBeGreaterThan(0));
    await slow.tools.close();
    expect(await outcome).toBe('SERVICE_UNAVAILABLE');
    const pid = Number(await readFile(pids, 'utf8'));
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });

  test('is found on PATH or where it is said to be, and only where it runs', async () => {
    const bin = await mkdtemp(join(dir, 'bin-'));
    expect(await findFfmpeg({ path: bin })).toBeNull();
    expect(await findFfmpeg({ ffmpegPath: join(bin, 'ffmpeg') })).toBeNull();
    const found = { ffmpeg: join(bin, 'ffmpeg'), ffprobe: join(bin, 'ffprobe'), version: '7.1.1' };
    const program = async (name: string, script: string, mode = 0o755) => {
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, name), mode);
    };
    await program('ffmpeg', 'echo "ffmpeg version 7.1.1 Copyright"');
    expect(await findFfmpeg({ path: bin })).toBeNull();
    await program('ffprobe', 'exit 1');
    expect(await findFfmpeg({ path: bin })).toBeNull();
    await program('ffprobe', 'echo "ffprobe version 7.1.1 Copyright"');
    expect(await findFfmpeg({ path: `relative:/nowhere:${bin}` })).toEqual(found);
    expect(await findFfmpeg({ ffmpegPath: bin, path: '' })).toEqual(found);
    expect(await findFfmpeg({ ffmpegPath: join(bin, 'ffmpeg'), path: '' })).toEqual(found);
    await chmod(join(bin, 'ffprobe'), 0o644);
    expect(await findFfmpeg({ path: bin })).toBeNull();
  });
});

test('a store that fails while the file is read is an error, for another try', async () => {
  const broken = new Error('the store went away');
  const body = new Readable({ read() {} });
  body.push(Buffer.from('beginning'));
  await using tools = await openMediaTools({ ffmpeg: await fake('unused', 'exit 1') });
  const looking = tools.tools.footage({ type: 'video', mimeType: 'video/mp4', sizeBytes: 99 }, body);
  body.destroy(broken);
  await expect(looking).rejects.toBe(broken);
  expect(await tools.leftovers()).toEqual([]);
});

describe('a program that is run', () => {
  const limits = { wallMs: 10_000, cpuSeconds: 7, addressBytes: 512 * 2 ** 20, fileBytes: 4 * 2 ** 20 };

  test('has limits, comes after messages and knows none of the secrets', async () => {
    vi.stubEnv('JWT_SECRET', 'a secret that nobody must read');
    const programs = new Programs();
    const script = 'ulimit -c; ulimit -t; ulimit -v; ulimit -f; nice; printenv JWT_SECRET || echo none';
    const text = await programs.run('/bin/sh', ['-c', script], limits);
    vi.unstubAllEnvs();
    const address = process.platform === 'linux' ? '524288' : expect.anything();
    expect(text.trim().split('\n')).toEqual([
      '0',
      '7',
      address,
      '8192',
      String(Math.min(19, getPriority() + 10)),
      'none',
    ]);
  });

  test('takes every argument as it is', async () => {
    const odd = ['$(touch x)', '; exit 3', 'a b', "'", '"', '*', '-n', ''];
    const text = await new Programs().run('/bin/sh', ['-c', 'printf "<%s>" "$@"', 'sh', ...odd], limits);
    expect(text).toBe(odd.map((one) => `<${one}>`).join(''));
  });

  test('is ended where it writes a file that is too large', async () => {
    const path = join(dir, 'too-large');
    await expect(
      new Programs().run('/bin/sh', ['-c', 'exec dd if=/dev/zero of="$1" bs=1M count=9', 'sh', path], limits),
    ).rejects.toThrow('it ended with');
    expect((await stat(path)).size).toBeLessThanOrEqual(limits.fileBytes);
  });

  test('is ended where it computes for too long', async () => {
    const busy = new Programs().run('/bin/sh', ['-c', 'while :; do :; done'], { ...limits, cpuSeconds: 1 });
    await expect(busy).rejects.toThrow(/SIGKILL|SIGXCPU|exit code/);
  });
});
