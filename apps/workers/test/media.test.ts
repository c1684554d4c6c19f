/** The consumer of files: on a real bus, with events that come twice and stores that are away. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { AnyBusEvent, BusEvent, BusSubject } from '@parley/contract';
import { type Core, type MediaRecord, unavailable } from '@parley/core';
import { MemoryBus, Metrics } from '@parley/platform';
import { expect, it, vi } from 'vitest';
import { FakeMedia } from '../../../packages/core/test/support/fake-media.ts';
import { startMediaWorker } from '../src/media.ts';

const now = Date.UTC(2026, 0, 2);

function event<S extends BusSubject>(subject: S, payload: BusEvent<S>['payload']): AnyBusEvent {
  return {
    event_id: randomUUID(),
    event_type: subject,
    timestamp: new Date(now).toISOString(),
    request_id: 'r',
    trace: null,
    payload,
  } as unknown as AnyBusEvent;
}

async function setUp() {
  const metrics = new Metrics({ process: false });
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const deadLetters = { put: vi.fn(async () => undefined) };
  const bus = new MemoryBus({ log, metrics, deadLetters, backoffSeconds: [0, 0], outageSeconds: [0.005] });
  const media = new FakeMedia();
  /** Stores that do not answer, and looks into files that wait to be let go. */
  const away = new Set<'media' | 'objects'>();
  const looks: (() => void)[] = [];
  const held = { looks: false };
  const put = vi.fn(async () => ({ size: 1 }));
  const footage = vi.fn(async () => {
    if (held.looks) await new Promise<void>((resolve) => looks.push(resolve));
    return {
      width: 4,
      height: 3,
      durationMs: 900,
      thumbnail: { body: Buffer.from('t'), mimeType: 'image/jpeg' },
    };
  });
  const byIds = media.byIds.bind(media);
  media.byIds = async (ids) => {
    if (away.has('media')) throw unavailable('PostgreSQL', null);
    return byIds(ids);
  };
  const core = {
    bus,
    log,
    media,
    clock: { now: () => now },
    mediaTools: { footage },
    objects: {
      put,
      async get() {
        if (away.has('objects')) throw unavailable('The object store', null);
        return { body: Readable.from(['bytes']), size: 5, contentType: 'video/mp4' };
      },
    },
    messages: { carriers: async () => [] },
  } as unknown as Core;
  const told: BusEvent<'media.processed'>[] = [];
  bus.subscribe('test', 'media.processed', (processed) => void told.push(processed));
  startMediaWorker(core, metrics);
  const video = async () => {
    const id = randomUUID();
    const record: MediaRecord = {
      media_id: id,
      uploader_id: randomUUID(),
      type: 'video',
      mime_type: 'video/mp4',
      size_bytes: 5,
      status: 'processing',
      object_key: `media/${id}`,
      thumbnail_key: null,
      width: null,
      height: null,
      duration_ms: null,
      is_avatar: false,
      created_at: new Date(now).toISOString(),
    } as MediaRecord;
    await media.add(record, new Date(now + 86_400_000).toISOString());
    const { uploader_id, type, mime_type, size_bytes } = record;
    return {
      id,
      uploaded: event('media.uploaded', { media_id: id, uploader_id, type, mime_type, size_bytes }),
    };
  };
  const deleted = (mediaId: string | null) =>
    event('msg.deleted', {
      chat_id: randomUUID(),
      message_id: randomUUID(),
      seq: 1,
      version: 2,
      expired: false,
      timestamp: new Date(now).toISOString(),
      recipients: [],
      media_id: mediaId,
    });
  const state = async (id: string) => (await byIds([id])).get(id);
  return {
    metrics,
    log,
    deadLetters,
    bus,
    media,
    away,
    looks,
    held,
    put,
    footage,
    told,
    video,
    deleted,
    state,
  };
}

it('looks into a file, and an event that comes twice does no harm', async () => {
  const { bus, footage, put, told, video, state, metrics } = await setUp();
  const { id, uploaded } = await video();
  await bus.publish([uploaded]);
  const ready = { status: 'ready', width: 4, height: 3, duration_ms: 900 };
  expect(await state(id)).toMatchObject(ready);
  await bus.publish([uploaded, uploaded]);
  expect(await state(id)).toMatchObject(ready);
  expect([footage.mock.calls.length, put.mock.calls.length]).toEqual([1, 1]);
  // Told again, in case nobody was told: under the same id, by which it is known.
  expect(new Set(told.map(({ event_id }) => event_id)).size).toBe(1);
  const count = (await metrics.mediaProcessed.get()).values.find(({ metricName }) =>
    metricName?.endsWith('_count'),
  );
  expect(count?.value).toBe(3);
});

it('does nothing about a file that was deleted meanwhile', async () => {
  const { bus, media, footage, told, video, deadLetters } = await setUp();
  const { id, uploaded } = await video();
  media.kept.delete(id);
  await bus.publish([uploaded]);
  expect([footage.mock.calls, told, deadLetters.put.mock.calls]).toEqual([[], [], []]);
});

it.each(['media', 'objects'] as const)('waits while %s is away, and gives nothing up', async (what) => {
  const { bus, away, log, deadLetters, video, state } = await setUp();
  const { id, uploaded } = await video();
  away.add(what);
  const published = bus.publish([uploaded]);
  await vi.waitFor(() => expect(log.warn.mock.calls.length).toBeGreaterThan(3));
  expect(await state(id)).toMatchObject({ status: 'processing' });
  away.clear();
  await published;
  expect(await state(id)).toMatchObject({ status: 'ready' });
  expect(deadLetters.put).not.toHaveBeenCalled();
});

it('looks into one file at a time, and a deletion does not wait for that', async () => {
  const { bus, media, held, looks, footage, video, deleted, state } = await setUp();
  const [one, two] = [await video(), await video()];
  held.looks = true;
  const both = [bus.publish([one.uploaded]), bus.publish([two.uploaded])];
  await vi.waitFor(() => expect(looks).toHaveLength(1));
  await bus.publish([deleted(two.id)]);
  expect(media.kept.get(two.id)).toMatchObject({ checkAt: new Date(now).toISOString() });
  expect(footage).toHaveBeenCalledTimes(1);
  looks[0]?.();
  await vi.waitFor(() => expect(looks).toHaveLength(2));
  expect([await state(one.id), await state(two.id)]).toMatchObject([
    { status: 'ready' },
    { status: 'processing' },
  ]);
  looks[1]?.();
  await Promise.all(both);
});

it('lets go of what a deleted message carried, and of nothing where it carried none', async () => {
  const { bus, media, video, deleted } = await setUp();
  const { id } = await video();
  const release = vi.spyOn(media, 'release');
  await bus.publish([deleted(null)]);
  expect(release).not.toHaveBeenCalled();
  await bus.publish([deleted(id), deleted(id)]);
  expect(release).toHaveBeenCalledWith([id], new Date(now).toISOString(), 60);
  expect(media.kept.get(id)).toMatchObject({ checkAt: new Date(now).toISOString(), doomed: false });
});

it('a deletion waits for its store too', async () => {
  const { bus, media, video, deleted, log, deadLetters } = await setUp();
  const { id } = await video();
  const release = vi.spyOn(media, 'release').mockRejectedValueOnce(unavailable('PostgreSQL', null));
  await bus.publish([deleted(id)]);
  expect(release).toHaveBeenCalledTimes(2);
  expect(log.warn).toHaveBeenCalledTimes(1);
  expect(deadLetters.put).not.toHaveBeenCalled();
});
