/** Claims and releases: when a file is looked at next, and what an earlier look is worth. */
import { randomUUID } from 'node:crypto';
import type { MediaRecord } from '@parley/core';
import { expect, it } from 'vitest';
import { at, dueFrom, file, found, hour, type MediaKit, minute } from './kit.ts';

const settle = 120;
const settleMs = settle * 1000;

export function claimContract(kit: MediaKit): void {
  const added = async (checkAt: number, more: Partial<MediaRecord> = {}): Promise<MediaRecord> => {
    const media = file(more);
    await kit.store.add(media, at(checkAt));
    return media;
  };
  const claim = (files: readonly MediaRecord[], now: number, checkAt: number) =>
    kit.store.claim(
      files.map(({ media_id }) => media_id),
      at(now),
      at(checkAt),
    );
  const release = ({ media_id }: MediaRecord, checkAt: number) =>
    kit.store.release([media_id], at(checkAt), settle);
  /** Exactly then, not a millisecond before. */
  const expectDue = async (media: MediaRecord, ms: number) =>
    expect(await dueFrom(kit.store, media, [ms - 1, ms])).toBe(ms);

  it('gives what is claimed, and puts off its check', async () => {
    const [one, two] = [await added(hour), await added(2 * hour)];
    const unknown = randomUUID();
    const claimed = await kit.store.claim([one.media_id, unknown, two.media_id], at(minute), at(3 * hour));
    expect(claimed).toEqual(
      new Map([
        [one.media_id, one],
        [two.media_id, two],
      ]),
    );
    await expectDue(one, 3 * hour);
    await expectDue(two, 3 * hour);
    expect(await kit.store.claim([], at(0), at(0))).toEqual(new Map());
    expect(await kit.store.claim([unknown], at(0), at(0))).toEqual(new Map());
  });

  it('brings no check nearer by a claim', async () => {
    const media = await added(5 * hour);
    await claim([media], 0, hour);
    await expectDue(media, 5 * hour);
  });

  it('looks at what is released from then on', async () => {
    const media = await added(5 * hour);
    await release(media, hour);
    await expectDue(media, hour);
  });

  it('gives who claimed it time to settle', async () => {
    const media = await added(5 * hour);
    await claim([media], hour, 5 * hour);
    await release(media, hour + settleMs - 1);
    await expectDue(media, hour + settleMs);
    const settled = await added(5 * hour);
    await claim([settled], hour, 5 * hour);
    await release(settled, hour + settleMs + 1);
    await expectDue(settled, hour + settleMs + 1);
    // Of several claims, the last.
    const twice = await added(5 * hour);
    await claim([twice], 2 * hour, 5 * hour);
    await claim([twice], hour, 5 * hour);
    await release(twice, 2 * hour);
    await expectDue(twice, 2 * hour + settleMs);
  });

  it('never looks later for a release', async () => {
    const media = await added(hour);
    await release(media, 2 * hour);
    await expectDue(media, hour);
    await claim([media], 2 * hour, 2 * hour + 5);
    await release(media, 2 * hour);
    await expectDue(media, 2 * hour + 5);
  });

  it('releases several, and passes over what is not there', async () => {
    const [one, two] = [await added(hour), await added(hour)];
    await kit.store.release([one.media_id, randomUUID(), two.media_id], at(minute), settle);
    await expectDue(one, minute);
    await expectDue(two, minute);
    await kit.store.release([], at(0), settle);
    await kit.store.release([randomUUID()], at(0), settle);
  });

  it.each(['claim', 'release'] as const)('keeps and dooms nothing since a %s', async (what) => {
    const media = await added(0);
    const seen = await found(kit.store, [media], 0);
    if (what === 'claim') await claim([media], 0, 0);
    else await release(media, 0);
    await kit.store.keep(seen, at(hour));
    expect(await kit.store.doom(seen)).toEqual(new Set());
    await expectDue(media, 0);
    expect(await kit.store.doom(await found(kit.store, [media], 0))).toEqual(new Set([media.media_id]));
  });

  it('knows nothing of what is doomed', async () => {
    const media = await added(0);
    await kit.store.doom(await found(kit.store, [media], 0));
    expect(await claim([media], hour, 5 * hour)).toEqual(new Map());
    await release(media, hour);
    expect(await kit.store.byIds([media.media_id])).toEqual(new Map());
    await found(kit.store, [media], 0);
  });

  it('gives a file either to who claims it or to the clean-up, when they meet', async () => {
    const files = await Promise.all(Array.from({ length: 30 }, () => added(0)));
    const seen = await found(kit.store, files, 0);
    const [other, third] = [kit.open(), kit.open()];
    const outcomes = await Promise.all(
      files.map(async ({ media_id }, n) => {
        const own = seen.filter(({ mediaId }) => mediaId === media_id);
        // Batches in different orders: nobody may wait in a circle.
        const order = n % 2 === 0 ? ids(files) : ids(files).reverse();
        const beside = kit.store.release(n % 5 === 0 ? order : [], at(hour), settle);
        const [claimed, doomed] = await Promise.all([
          other.claim([media_id], at(0), at(hour)),
          third.doom(own),
          beside,
        ]);
        return [claimed.has(media_id), doomed.has(media_id)];
      }),
    );
    for (const [claimed, doomed] of outcomes) expect(claimed).toBe(!doomed);
    const left = await kit.store.byIds(ids(files));
    expect(ids(files).map((id) => left.has(id))).toEqual(outcomes.map(([claimed]) => claimed));
  });
}

const ids = (files: readonly MediaRecord[]): string[] => files.map(({ media_id }) => media_id);
