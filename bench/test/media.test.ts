import { Readable } from 'node:stream';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { verifyFile } from '../../packages/platform/src/media/kinds/index.ts';
import { mp4 } from '../../packages/platform/test/media-files/footage.ts';
import type { Summary } from '../src/histogram.ts';
import { familyIn } from '../src/media/family.ts';
import { noiseJpeg } from '../src/media/noise.ts';
import { parseMediaOptions } from '../src/media/options.ts';
import { padMp4 } from '../src/media/pad-mp4.ts';
import { violationsOf } from '../src/media/push-job.ts';
import { publishedMediaOptions, renderMedia } from '../src/media/report.ts';
import { type Beside, type BesideRound, noRows, type UploadRow } from '../src/media/rows.ts';
import { compare, summaryOf } from '../src/media/summary.ts';

const latency = (p95: number): Summary => ({ count: 1, mean: p95, p50: p95, p95, p99: p95, max: p95 });
const cpu = { wallSeconds: 1, server: 0.5, postgres: 0.2, generator: 0.1, others: 0, limitedBy: 'waiting' };

describe('options', () => {
  it('has defaults for everything', () => {
    expect(parseMediaOptions(['--media'])).toMatchObject({
      only: ['upload', 'thumbnails', 'push', 'beside'],
      ...{ seconds: 5, warmup: 1, uploads: 10, imageMb: 16, videos: 10, videoMb: 64 },
      ...{ rounds: 2, pairs: 50, rate: 1000, name: 'media' },
    });
  });

  it('reads lists, and names the file after the parts', () => {
    expect(parseMediaOptions(['--media', '--only', 'push, beside', '--seconds', '0.5'])).toMatchObject({
      only: ['push', 'beside'],
      seconds: 0.5,
      name: 'media-push-beside',
    });
  });

  it.each([
    [['--only', 'uploads'], '--only must be some of upload, thumbnails, push, beside'],
    [['--seconds', '0'], '--seconds must be a positive number'],
    [['--uploads', '1.5'], '--uploads must be a whole number'],
    [['--image-mb', '17'], '--image-mb must be 16 or less'],
    [['--video-mb', '65'], '--video-mb must be 64 or less'],
    [['--rounds', '0'], '--rounds must be a positive number'],
    [['--name', '../x'], '--name may hold'],
    [['--connections', '9'], '--connections'],
  ])('refuses %j', (args, message) => {
    expect(() => parseMediaOptions(['--media', ...args])).toThrow(message);
  });

  it('publishes no file name', () => {
    const options = parseMediaOptions(['--media', '--out', 'elsewhere', '--json', 'somewhere.json']);
    if (options === 'help') throw new Error('not asked for');
    expect(JSON.stringify(publishedMediaOptions(options))).not.toMatch(/elsewhere|somewhere|apps/);
  });
});

describe('the files that are uploaded', () => {
  const verify = (bytes: Buffer) =>
    verifyFile(
      { type: 'video', mimeType: 'video/mp4', sizeBytes: bytes.length, filename: null },
      async (start, end) => Readable.from([bytes.subarray(start, end + 1)]),
    );

  it('are images of noise, as large as they may be and the same in every run', async () => {
    const jpeg = await noiseJpeg(1300, 700, 400_000);
    expect(jpeg.length).toBeLessThanOrEqual(400_000);
    expect(jpeg.length).toBeGreaterThan(350_000);
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 1300, height: 700 });
    expect((await noiseJpeg(1300, 700, 400_000)).equals(jpeg)).toBe(true);
    await expect(noiseJpeg(1300, 700, 1000)).rejects.toThrow('do not fit into 1000 bytes');
  });

  it('are videos that the server takes, of exactly the size that is asked for', async () => {
    const video = mp4();
    const padded = padMp4(video, 200_000);
    expect(padded).toHaveLength(200_000);
    await verify(padded);
    await expect(verify(padded.subarray(0, -1))).rejects.toThrow();
    expect(padMp4(video, video.length)).toBe(video);
    expect(() => padMp4(video, video.length + 7)).toThrow('cannot have');
  });
});

describe('CPU time', () => {
  it('is told apart: the process, its PostgreSQL, and all else that stems from it', () => {
    const one = (pid: number, parent: number, name: string, own: number, reaped = 0) => ({
      ...{ pid, parent, name, own, reaped, startTime: 0 },
    });
    const processes = [
      ...[one(1, 0, 'init', 1000), one(10, 1, 'MainThread', 50, 7), one(11, 10, 'postgres', 5, 3)],
      ...[one(12, 11, 'postgres', 20), one(13, 10, 'MainThread', 30), one(14, 13, 'ffmpeg', 2)],
      one(20, 1, 'postgres', 400),
    ];
    expect(familyIn(processes, 10)).toEqual({ own: 50, postgres: 28, tools: 39 });
    expect(familyIn(processes, 99)).toBeNull();
  });
});

describe('pushes', () => {
  it('are decided as the case has it', () => {
    expect(violationsOf('online', 10, 0, { connected: 10 })).toEqual([]);
    expect(violationsOf('direct', 10, 10, { sent: 10 })).toEqual([]);
    expect(violationsOf('groups', 50, 10, { gathering: 50, sent: 10, collapsed: 40 })).toEqual([]);
    expect(violationsOf('direct', 10, 9, { sent: 9, refused: 1 })).toEqual([
      '9 × sent instead of 10',
      '1 × refused instead of 0',
      '9 pushes instead of 10',
    ]);
  });
});

describe('the report', () => {
  const round = (beside: Beside, n: number, deliveredPerSecond: number, p99: number): BesideRound => ({
    ...{ beside, load: 'closed', round: n, deliveredPerSecond, delivery: latency(p99), cpu, family: null },
    ...{ files: beside === 'nothing' ? 0 : 5, upload: null },
  });
  const upload = (changes: Partial<UploadRow>): UploadRow => ({
    ...{ name: 'image of 16 MB', bytes: 16e6, concurrency: 1, seconds: 2, uploads: 4, latency: latency(900) },
    ...{ readySeconds: 2, cpu: { own: 1, postgres: 0.1, tools: 0.4 }, rssKb: null },
    ...changes,
  });

  it('compares each round with the same round without files', () => {
    // The machine was half as fast in the second round: that is no fault of the files.
    const rounds = [
      ...[round('nothing', 0, 1000, 10), round('images', 0, 900, 11)],
      ...[round('images', 1, 450, 24), round('nothing', 1, 500, 20)],
    ];
    const [nothing, images] = compare(rounds, 'closed');
    expect([nothing?.perSecondRatio, nothing?.files]).toEqual([1, 0]);
    expect(images).toMatchObject({ beside: 'images', perSecond: 675, perSecondRatio: 0.9, files: 10 });
    expect(images?.p99Ratio).toBeCloseTo(1.15);
    expect(compare(rounds, 'open')).toEqual([]);
  });

  it('says which aims are met', () => {
    const rows = noRows();
    rows.uploads = [
      upload({}),
      upload({ latency: latency(1001) }),
      upload({ name: 'videos', concurrency: 10, rssKb: { before: 1024, most: 52 * 1024, mostReady: 0 } }),
    ];
    rows.beside = [round('nothing', 0, 1000, 10), round('images', 0, 901, 10), round('videos', 0, 899, 10)];
    const met = summaryOf(rows, { rate: 1000 }).map((line) => [line.measured, line.met]);
    expect(met).toEqual([
      ['p50 900.0 ms, p95 900.0 ms', true],
      ['p50 1,001 ms, p95 1,001 ms', false],
      ['2.00 s, 31 MB/s', null],
      ['51.0 MB', false],
      ['1,000/s', null],
      ['901/s, × 0.90', true],
      ['899/s, × 0.90', false],
    ]);
  });

  it('shows what there is, and the problems', () => {
    const rows = noRows();
    rows.uploads = [upload({})];
    const machine = { cpu: 'a', cores: 2, memoryGb: 4, kernel: 'Linux', node: 'v24' };
    const text = renderMedia({
      ...{ machine, date: '2026-01-01T00:00:00.000Z', commit: null, options: {}, rows },
      ...{ files: [{ name: 'a.jpg', bytes: 2 ** 20 }], problems: ['push: it failed'] },
    });
    expect(text).toContain(
      '| image of 16 MB (4) |    2.00 | 900.0 | 900.0 | 900.0 |  0.250 |      0.025 | 0.100 |',
    );
    expect(text).toContain('a.jpg 1.0 MB');
    expect(text).toContain('- push: it failed');
    expect(text).not.toContain('## Thumbnails');
  });
});
