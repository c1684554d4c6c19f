/** What is done at intervals: each job asks for the right things, goes on while there are more, and says how many it did. */
import { type Core, unavailable } from '@parley/core';
import { beforeEach, expect, it, vi } from 'vitest';
import { FakeMedia } from '../../../packages/core/test/support/fake-media.ts';
import { periodicJobs } from '../src/periodic.ts';

const now = Date.UTC(2026, 0, 2);
const iso = (ms: number) => new Date(ms).toISOString();
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** Answers that come one after the other, then the last one again and again. */
const answers = (...numbers: number[]) => {
  const left = [...numbers];
  return vi.fn(async (..._: unknown[]) => (left.length > 1 ? left.shift() : left[0]) ?? 0);
};
const list = (length: number, of: (n: number) => unknown) => Array.from({ length }, (_, n) => of(n));

let media: FakeMedia;
beforeEach(() => {
  media = new FakeMedia();
});

function jobs(parts: object, sweep: (() => Promise<void>) | null = null) {
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const core = { clock: { now: () => now }, log, media, ...parts } as unknown as Core;
  const all = periodicJobs(core, log, sweep, (_owner, work) => work());
  const running = new AbortController();
  const run = (name: string) => {
    const job = all.find((one) => one.name === name);
    if (!job) throw new Error(`there is no job ${name}`);
    return job.run(running.signal);
  };
  return { all, run, log, stop: () => running.abort() };
}

it('is all of this, as often', () => {
  const { all } = jobs({}, async () => undefined);
  expect(all.map(({ name, everyMs, everywhere }) => [name, everyMs, everywhere ?? false])).toEqual([
    ['presence', 5_000, false],
    ['expiry', 2_000, false],
    ['media-missed', minute, false],
    ['media-orphans', minute, false],
    ['sessions', hour, false],
    ['push-tokens', 6 * hour, false],
    ['push-ledger', 10 * minute, false],
    ['objects', day, true],
  ]);
  expect(jobs({}).all.map(({ name }) => name)).not.toContain('objects');
});

it('presence: tells that people are offline whose instance died', async () => {
  const gone = vi.fn(async () => [{ userId: 'u', lastSeen: now - minute }]);
  const { run, log } = jobs({
    presence: { expired: gone },
    users: { setLastSeen: async () => undefined },
    bus: { publish: async () => undefined },
  });
  expect(await run('presence')).toBe(1);
  expect(gone).toHaveBeenCalledWith(500);
  expect(log.info).toHaveBeenCalledWith({ users: 1 }, expect.any(String));
});

it('expiry: empties what is over now, batch after batch', async () => {
  const [full, rest] = [500, 3].map((length) => list(length, (n) => ({ message_id: `m${n}`, chat_id: 'c' })));
  const expired = vi.fn(async (..._: unknown[]) => rest).mockResolvedValueOnce(full);
  const change = vi.fn(async (changes: readonly unknown[]) =>
    changes.map(() => ({ outcome: 'changed', events: [] })),
  );
  const { run } = jobs({
    messages: { expired, change },
    // What is published is none of the job's business.
    sendQueue: { inTurn: () => undefined },
  });
  expect(await run('expiry')).toBe(503);
  expect(expired.mock.calls).toEqual(list(2, () => [iso(now), 500]));
});

it('media-missed: looks into files that wait for two minutes, one at a time', async () => {
  const { run } = jobs({
    messages: { carriers: async () => [] },
    objects: { get: async () => undefined },
    bus: { publish: async () => undefined },
  });
  const put = (id: string, ageMs: number) =>
    media.add({ ...record(id), status: 'processing', created_at: iso(now - ageMs) }, iso(now + day));
  await put('old', 3 * minute);
  await put('older', hour);
  await put('new', minute);
  expect(await run('media-missed')).toBe(2);
  expect([...media.kept.values()].map((kept) => [kept.media.media_id, kept.media.status])).toEqual([
    ['old', 'ready'],
    ['older', 'ready'],
    ['new', 'processing'],
  ]);
});

it('media-orphans: deletes what nothing refers to, and says how many, though it looked at more', async () => {
  const used = new Set(list(150, (n) => `used${n}`) as string[]);
  const removed: string[] = [];
  const { run, log } = jobs({
    messages: { carried: async (ids: string[]) => new Set(ids.filter((id) => used.has(id))) },
    objects: { delete: async (keys: string[]) => void removed.push(...keys) },
  });
  for (const id of used) await media.add(record(id), iso(now - 1));
  for (let n = 0; n < 100; n++) await media.add(record(`unused${n}`), iso(now - 1));
  await media.add(record('later'), iso(now + 1));
  expect(await run('media-orphans')).toBe(100);
  expect(media.kept.size).toBe(151);
  expect(removed).toHaveLength(200);
  expect(log.info).toHaveBeenCalledExactlyOnceWith({ files: 100 }, expect.any(String));
  expect(await run('media-orphans')).toBe(0);
});

it('sessions: forgets those that are over for a day', async () => {
  const forget = answers(1_000, 1_000, 7);
  const { run } = jobs({ sessions: { forget } });
  expect(await run('sessions')).toBe(2_007);
  expect(forget.mock.calls).toEqual(list(3, () => [new Date(now - day), 1_000]));
});

it('push-tokens: forgets those that nobody registered again for nine months', async () => {
  const expire = answers(4);
  const { run } = jobs({ devices: { expire } });
  expect(await run('push-tokens')).toBe(4);
  expect(expire.mock.calls).toEqual([[new Date(now - 270 * day), 1_000]]);
});

it('push-ledger: sweeps it as of now', async () => {
  const sweep = vi.fn(async () => undefined);
  expect(await jobs({ pushLedger: { sweep } }).run('push-ledger')).toBe(0);
  expect(sweep.mock.calls).toEqual([[now]]);
});

it('objects: has the object store tidy up', async () => {
  const sweep = vi.fn(async () => undefined);
  expect(await jobs({}, sweep).run('objects')).toBe(0);
  expect(sweep).toHaveBeenCalledTimes(1);
});

it('one run ends after twenty rounds, and when the worker stops', async () => {
  const forget = answers(1_000);
  const { run, stop } = jobs({ sessions: { forget } });
  expect(await run('sessions')).toBe(20_000);
  forget.mockImplementationOnce(async () => {
    stop();
    return 1_000;
  });
  expect(await run('sessions')).toBe(1_000);
  expect(await run('sessions')).toBe(0);
});

it('an error ends a run, and is passed on', async () => {
  const error = unavailable('PostgreSQL', null);
  const forget = vi.fn().mockResolvedValueOnce(1_000).mockRejectedValueOnce(error);
  await expect(jobs({ sessions: { forget } }).run('sessions')).rejects.toBe(error);
});

function record(id: string): Parameters<FakeMedia['add']>[0] {
  return {
    media_id: id,
    uploader_id: 'u',
    type: 'video',
    mime_type: 'video/mp4',
    size_bytes: 5,
    status: 'ready',
    object_key: `media/${id}`,
    thumbnail_key: null,
    width: null,
    height: null,
    duration_ms: null,
    is_avatar: false,
    created_at: iso(now - hour),
  } as Parameters<FakeMedia['add']>[0];
}
