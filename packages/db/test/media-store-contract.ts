/** What every engine behind `MediaStore` promises. */
import { randomUUID } from 'node:crypto';
import type { MediaRecord, MediaStore } from '@parley/core';
import { beforeEach, expect, it } from 'vitest';
import { claimContract } from './media-contract/claims.ts';
import { cleaningContract } from './media-contract/cleaning.ts';
import { at, dueFrom, dueOf, file, found, hour, type MediaKit, minute } from './media-contract/kit.ts';

/** Registers the tests; `open` gives one more instance on the same data, as another process would have it. */
export function mediaStoreContract(open: () => MediaStore): void {
  let store: MediaStore;
  beforeEach(() => {
    store = open();
  });
  const kit: MediaKit = {
    get store() {
      return store;
    },
    open,
  };

  it('keeps what is known of a file', async () => {
    const bare = file();
    const full = file({
      type: 'document',
      is_avatar: true,
      mime_type: `application/${'x'.repeat(243)}`,
      size_bytes: 2 ** 40,
      width: 2 ** 31 - 1,
      height: 1,
      duration_ms: 2 ** 40,
      filename: '👩‍👩‍👧‍👦 "résumé" {1} $a.b.pdf',
      thumbnail_key: 'thumbnails/x',
      status: 'ready',
    });
    await Promise.all([bare, full].map((media) => store.add(media, at(minute))));
    const ids = [full.media_id, bare.media_id, randomUUID(), full.media_id];
    expect(await open().byIds(ids)).toEqual(
      new Map([
        [full.media_id, full],
        [bare.media_id, bare],
      ]),
    );
    expect(await store.byIds([])).toEqual(new Map());
  });

  it('takes what is added again in the place of what was known, and an earlier look for worthless', async () => {
    const draft = file();
    await store.add(draft, at(0));
    await store.claim([draft.media_id], at(minute), at(0));
    const seen = await found(store, [draft], 0);
    const sizes = { width: 4, height: 3, size_bytes: 77, duration_ms: 5 };
    const full: MediaRecord = { ...draft, ...sizes, filename: 'a', thumbnail_key: 'b', status: 'ready' };
    await store.add(full, at(hour));
    expect((await store.byIds([draft.media_id])).get(draft.media_id)).toEqual(full);
    expect(await dueFrom(store, full, [hour - 1, hour])).toBe(hour);
    expect(await store.doom(seen)).toEqual(new Set());
    // What was claimed stays so.
    await store.release([draft.media_id], at(minute), 60);
    expect(await dueFrom(store, full, [2 * minute - 1, 2 * minute])).toBe(2 * minute);
  });

  it('leaves what is doomed as it is when it is added again', async () => {
    const draft = file();
    await store.add(draft, at(0));
    await store.doom(await found(store, [draft], 0));
    await store.add({ ...draft, status: 'ready', size_bytes: 77 }, at(hour));
    expect(await store.byIds([draft.media_id])).toEqual(new Map());
    expect(await dueOf(store, [draft], 0)).toMatchObject([{ media: draft, doomed: true }]);
  });

  it('completes a file once', async () => {
    const media = file();
    await store.add(media, at(minute));
    const sizes = { width: 320, height: 240, duration_ms: 1500, thumbnail_key: 'thumbnails/a' };
    const ready: MediaRecord = { ...media, ...sizes, status: 'ready' };
    expect(await store.complete(media.media_id, sizes)).toEqual(ready);
    const none = { width: null, height: null, duration_ms: null, thumbnail_key: null };
    expect(await store.complete(media.media_id, none)).toBeUndefined();
    expect(await store.complete(randomUUID(), none)).toBeUndefined();
    expect((await store.byIds([media.media_id])).get(media.media_id)).toEqual(ready);
    const unknown = file();
    await store.add(unknown, at(minute));
    expect(await store.complete(unknown.media_id, none)).toEqual({ ...unknown, status: 'ready' });
  });

  it('completes nothing that is doomed, and dooms nothing whose thumbnail came since', async () => {
    const [early, late] = [file(), file()];
    await Promise.all([early, late].map((media) => store.add(media, at(0))));
    const sizes = { width: 320, height: 240, duration_ms: 1500, thumbnail_key: 'thumbnails/a' };
    const seen = await found(store, [early, late], 0);
    await store.complete(early.media_id, sizes);
    expect(await store.doom(seen)).toEqual(new Set([late.media_id]));
    expect(await store.complete(late.media_id, sizes)).toBeUndefined();
    // The next look knows of it.
    const [again] = (await store.due(at(0), 1000)).filter(({ media }) => media.media_id === early.media_id);
    expect(again?.media.thumbnail_key).toBe('thumbnails/a');
  });

  it('lists what has been processing for long, the oldest first', async () => {
    const day = 24 * 60 * minute;
    // Years before all other files of these tests.
    const long = -10_000 * day;
    const [first, second, third, young, ready] = [
      file({ created_at: at(long) }),
      file({ created_at: at(long + 1) }),
      file({ created_at: at(long + 2) }),
      file({ created_at: at(long + 3) }),
      file({ created_at: at(long), status: 'ready' }),
    ];
    await Promise.all([young, third, first, ready, second].map((media) => store.add(media, at(0))));
    expect(await store.unprocessed(at(long + 2), 10)).toEqual([first, second, third]);
    expect(await store.unprocessed(at(long + 2), 2)).toEqual([first, second]);
    expect(await store.unprocessed(at(long + 2), 0)).toEqual([]);
    expect(await store.unprocessed(at(long - 1), 10)).toEqual([]);
    await store.complete(second.media_id, { width: 1, height: 1, duration_ms: 1, thumbnail_key: null });
    await store.doom(await found(store, [third], 0));
    expect(await store.unprocessed(at(long + 3), 10)).toEqual([first, young]);
    // Nobody else is to find them.
    const rest = await found(store, [first, young, ready, second], 0);
    await store.doom(rest);
    await store.remove([third.media_id, ...rest.map(({ mediaId }) => mediaId)]);
    expect(await store.unprocessed(at(long + 3), 10)).toEqual([]);
  });

  claimContract(kit);
  cleaningContract(kit);
}
