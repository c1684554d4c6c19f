/** The clean-up: what is due, kept, doomed and forgotten. */
import { randomUUID } from 'node:crypto';
import type { MediaRecord } from '@parley/core';
import { expect, it } from 'vitest';
import { at, dueFrom, dueOf, file, found, hour, type MediaKit, minute } from './kit.ts';

export function cleaningContract(kit: MediaKit): void {
  const added = async (checkAt: number): Promise<MediaRecord> => {
    const media = file();
    await kit.store.add(media, at(checkAt));
    return media;
  };

  it('gives what is due, the longest due first', async () => {
    // Before all other files of these tests, but for what they doomed.
    const long = -1000 * hour;
    const doomed = await kit.store.due(at(long), 10_000);
    await kit.store.remove(doomed.map(({ media }) => media.media_id));
    const [second, third, first] = [await added(long + 1), await added(long + 2), await added(long)];
    const due = async (ms: number, limit: number) =>
      (await kit.store.due(at(ms), limit)).map(({ media }) => media.media_id);
    expect(await due(long - 1, 10)).toEqual([]);
    expect(await due(long + 1, 10)).toEqual([first.media_id, second.media_id]);
    expect(await due(long + 2, 10)).toEqual([first, second, third].map(({ media_id }) => media_id));
    expect(await due(long + 2, 2)).toEqual([first.media_id, second.media_id]);
    expect(await due(long + 2, 0)).toEqual([]);
    const [check] = await kit.store.due(at(long), 1);
    expect(check).toEqual({ media: first, revision: expect.any(Number), doomed: false });
    const seen = await found(kit.store, [first, second, third], long + 2);
    await kit.store.doom(seen);
    await kit.store.remove(seen.map(({ mediaId }) => mediaId));
  });

  it('keeps what it is told to, until the next look', async () => {
    const [kept, left] = [await added(minute), await added(minute)];
    const [check] = (await found(kit.store, [kept], minute)) as [{ mediaId: string; revision: number }];
    await kit.store.keep(
      [check, { mediaId: randomUUID(), revision: 0 }, { mediaId: left.media_id, revision: 77 }],
      at(hour),
    );
    expect(await dueFrom(kit.store, kept, [hour - 1, hour])).toBe(hour);
    expect(await dueFrom(kit.store, left, [minute - 1, minute])).toBe(minute);
    await kit.store.keep([], at(hour));
    // It is no claim: who looked at it saw it as it still is.
    expect(await kit.store.doom([check])).toEqual(new Set([kept.media_id]));
  });

  it('keeps each by the revision that was seen of it', async () => {
    const files = await Promise.all([1, 2, 3].map(() => added(minute)));
    const [first, second, third] = files as [MediaRecord, MediaRecord, MediaRecord];
    await kit.store.claim([second.media_id, third.media_id], at(0), at(0));
    await kit.store.claim([third.media_id], at(0), at(0));
    const seen = await found(kit.store, files, minute);
    expect(new Set(seen.map(({ revision }) => revision)).size).toBe(3);
    const shifted = seen.map(({ mediaId }, n) => ({ mediaId, revision: seen[(n + 1) % 3]?.revision ?? -1 }));
    expect(await kit.store.doom(shifted)).toEqual(new Set());
    await kit.store.keep(seen, at(hour));
    expect(await dueOf(kit.store, files, hour - 1)).toEqual([]);
    expect(await kit.store.doom(seen)).toEqual(new Set([first, second, third].map((m) => m.media_id)));
  });

  it('goes on giving what is doomed, whenever it was due, until it is removed', async () => {
    const [media, never] = [await added(hour), await added(hour)];
    const [check] = (await found(kit.store, [media], hour)) as [{ mediaId: string; revision: number }];
    expect(await kit.store.doom([check, { mediaId: randomUUID(), revision: 0 }])).toEqual(
      new Set([media.media_id]),
    );
    const doomed = [{ media, revision: check.revision, doomed: true }];
    expect(await dueOf(kit.open(), [media, never], 0)).toEqual(doomed);
    // Nothing puts it off.
    await kit.store.keep([check], at(5 * hour));
    await kit.store.claim([media.media_id], at(0), at(5 * hour));
    await kit.store.release([media.media_id], at(5 * hour), 60);
    expect(await dueOf(kit.store, [media], 0)).toEqual(doomed);
    // Who got no answer asks again.
    expect(await kit.store.doom([check])).toEqual(new Set([media.media_id]));
    await kit.store.remove([media.media_id, never.media_id, randomUUID()]);
    expect(await dueOf(kit.store, [media, never], hour)).toMatchObject([{ media: never, doomed: false }]);
    expect(await kit.store.doom([check])).toEqual(new Set());
    await kit.store.remove([]);
    expect(await kit.store.doom([])).toEqual(new Set());
    expect((await kit.store.byIds([never.media_id])).size).toBe(1);
  });
}
