/**
 * What is known of files, on MongoDB: each call is one update of one document for each file, without transactions.
 *
 * - An update says what a file must be for it: not doomed, or of the revision that was seen. So of a claim and a doom that meet, one
 *   finds the file as the other left it.
 * - What was given up after a time-out may still be carried out, late. A doom, a keep and a release change nothing then if the file was
 *   claimed or released since; a claim that nobody waits for puts off a check, no more.
 * - A release looks first, because how far it brings the check nearer depends on the last claim, and writes only if nothing came between;
 *   else it looks again. A write that matched nothing is answered once the majority holds what it met, so that the next look sees it.
 */
import { BatchLoader, type MediaCheck, type MediaRecord, type MediaStore, unavailable } from '@parley/core';
import type { Collection } from 'mongodb';
import type { MongoConnection } from './connection.ts';
import { ensureIndexes, once } from './ensure-indexes.ts';
import { collidedIndexOf, storeName } from './errors.ts';
import { inTurns } from './in-turns.ts';
import {
  indexesOfMedia,
  type MediaDocument,
  mediaCollection,
  mediaIndexes,
  processing,
  toDocument,
  toMedia,
} from './media-document.ts';
import { MediaFiles } from './media-files.ts';

/** Updates of one call at the same time: a call must not take all connections. */
const width = 10;

type Checks = Parameters<MediaStore['keep']>[0];

export class MongoMediaStore implements MediaStore {
  readonly #connection: MongoConnection;
  readonly #collection: Collection<MediaDocument>;
  readonly #files: MediaFiles;
  readonly #loader: BatchLoader<string, MediaRecord>;
  readonly #indexed: () => Promise<void>;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
    this.#collection = connection.collection<MediaDocument>(mediaCollection);
    this.#files = new MediaFiles(connection, this.#collection);
    this.#loader = new BatchLoader((ids) => this.#load(ids));
    this.#indexed = once(() => ensureIndexes(connection, this.#collection, indexesOfMedia));
  }

  /**
   * Makes what indexes are missing. Call it at start-up; where MongoDB was away then, the first upload does it. Errors:
   * `SERVICE_UNAVAILABLE`, also while a large index is being built.
   */
  ensureIndexes(): Promise<void> {
    return this.#indexed();
  }

  async add(media: MediaRecord, checkAt: string): Promise<void> {
    await this.ensureIndexes();
    const deadline = this.#connection.deadline();
    const { media_id, revision: _first, doomed, claimed_at, ...fields } = toDocument(media, checkAt);
    const update = { $set: fields, $setOnInsert: { claimed_at }, $inc: { revision: 1 } };
    const put = (upsert: boolean) => {
      const options = { upsert, maxTimeMS: this.#connection.left(deadline) };
      const work = () => this.#collection.updateOne({ media_id, doomed }, update, options);
      return this.#connection.run(work, deadline);
    };
    try {
      await put(true);
    } catch (error) {
      if (collidedIndexOf(error) !== mediaIndexes.id) throw error;
      // It is doomed, and stays as it is; or it was added by somebody else at the same time.
      await put(false);
    }
  }

  async byIds(ids: readonly string[]): Promise<Map<string, MediaRecord>> {
    const found = await Promise.all([...new Set(ids)].map((id) => this.#loader.load(id)));
    return new Map(found.flatMap((media) => (media ? [[media.media_id, media] as const] : [])));
  }

  async #load(ids: string[]): Promise<Map<string, MediaRecord>> {
    const filter = { media_id: { $in: ids }, doomed: false };
    const documents = await this.#files.find(filter, { hint: mediaIndexes.id });
    return new Map(documents.map((document) => [document.media_id, toMedia(document)]));
  }

  async claim(ids: readonly string[], now: string, checkAt: string): Promise<Map<string, MediaRecord>> {
    const deadline = this.#connection.deadline();
    // A claim never brings a check nearer: something else may have put it off further.
    const update = {
      $inc: { revision: 1 },
      $max: { claimed_at: new Date(now), check_at: new Date(checkAt) },
    };
    const claimed = await inTurns([...new Set(ids)], width, (media_id) =>
      this.#files.change({ media_id, doomed: false }, update, deadline),
    );
    return new Map(claimed.flatMap((document) => (document ? [[document.media_id, toMedia(document)]] : [])));
  }

  async release(ids: readonly string[], checkAt: string, settleSeconds: number): Promise<void> {
    const deadline = this.#connection.deadline();
    await inTurns([...new Set(ids)], width, async (mediaId) => {
      while (!(await this.#tryRelease(mediaId, Date.parse(checkAt), settleSeconds * 1000, deadline))) {
        if (performance.now() > deadline) {
          throw unavailable(storeName, new Error('other changes of a file were faster for too long'));
        }
      }
    });
  }

  /** False where something came between the look and the write. */
  async #tryRelease(mediaId: string, at: number, settleMs: number, deadline: number): Promise<boolean> {
    const filter = { media_id: mediaId, doomed: false };
    const [seen] = await this.#files.find(filter, { hint: mediaIndexes.id, deadline });
    if (!seen) return true;
    const next = seen.claimed_at ? Math.max(at, seen.claimed_at.getTime() + settleMs) : at;
    const update = { $inc: { revision: 1 }, $min: { check_at: new Date(next) } };
    return (await this.#files.change({ ...filter, revision: seen.revision }, update, deadline)) !== undefined;
  }

  async complete(...[id, found]: Parameters<MediaStore['complete']>): Promise<MediaRecord | undefined> {
    const { width, height, duration_ms, thumbnail_key } = found;
    const update = {
      $set: { width, height, duration_ms, thumbnail_key, status: 'ready' as const },
      // What was found makes an earlier look worthless: who looked before does not know of the thumbnail.
      $inc: { revision: 1 },
    };
    const document = await this.#files.change(
      { media_id: id, ...processing },
      update,
      this.#connection.deadline(),
    );
    return document && toMedia(document);
  }

  async unprocessed(before: string, limit: number): Promise<MediaRecord[]> {
    const filter = { ...processing, created_at: { $lte: new Date(before) } };
    const documents = await this.#files.find(filter, {
      hint: mediaIndexes.processing,
      sort: { created_at: 1 },
      limit,
    });
    return documents.map(toMedia);
  }

  async due(now: string, limit: number): Promise<MediaCheck[]> {
    const filter = { check_at: { $lte: new Date(now) } };
    const documents = await this.#files.find(filter, {
      hint: mediaIndexes.check,
      sort: { check_at: 1 },
      limit,
    });
    return documents.map((document) => ({
      media: toMedia(document),
      revision: document.revision,
      doomed: document.doomed,
    }));
  }

  async keep(checks: Checks, checkAt: string): Promise<void> {
    const deadline = this.#connection.deadline();
    const update = { $set: { check_at: new Date(checkAt) } };
    await inTurns(checks, width, ({ mediaId, revision }) =>
      this.#files.change({ media_id: mediaId, revision, doomed: false }, update, deadline),
    );
  }

  async doom(checks: Checks): Promise<Set<string>> {
    const deadline = this.#connection.deadline();
    const update = { $set: { doomed: true, check_at: new Date(0) } };
    // Says so of a doomed one too, for whoever asks again because it got no answer.
    const doomed = await inTurns(checks, width, ({ mediaId, revision }) =>
      this.#files.change({ media_id: mediaId, revision }, update, deadline),
    );
    return new Set(doomed.flatMap((document) => document?.media_id ?? []));
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const deadline = this.#connection.deadline();
    const options = { hint: mediaIndexes.id, maxTimeMS: this.#connection.left(deadline) };
    const filter = { media_id: { $in: [...ids] }, doomed: true };
    await this.#connection.run(() => this.#collection.deleteMany(filter, options), deadline);
  }
}
