/** Looking up and changing what is known of files; each names the index that it goes by, so that none can ever read the whole collection. */
import type { Collection, Filter, UpdateFilter } from 'mongodb';
import type { MongoConnection } from './connection.ts';
import type { MediaDocument } from './media-document.ts';

/** Documents in one answer: more than any of our reads wants, so that each is one round trip. */
const batchSize = 5_000;

interface Query {
  hint: string;
  sort?: Record<string, 1>;
  limit?: number;
  deadline?: number;
}

export class MediaFiles {
  readonly #connection: MongoConnection;
  readonly #collection: Collection<MediaDocument>;

  constructor(connection: MongoConnection, collection: Collection<MediaDocument>) {
    this.#connection = connection;
    this.#collection = collection;
  }

  /** The file as it is after the update; undefined where it is not as the filter says, which has its `media_id`. */
  async change(
    filter: Filter<MediaDocument>,
    update: UpdateFilter<MediaDocument>,
    deadline: number,
  ): Promise<MediaDocument | undefined> {
    const options = {
      // The driver takes the name of an index for other operations, for this one only its key.
      hint: { media_id: 1 },
      returnDocument: 'after' as const,
      maxTimeMS: this.#connection.left(deadline),
    };
    const work = () => this.#collection.findOneAndUpdate(filter, update, options);
    return (await this.#connection.run(work, deadline)) ?? undefined;
  }

  find(
    filter: Filter<MediaDocument>,
    { hint, sort, limit, deadline = this.#connection.deadline() }: Query,
  ): Promise<MediaDocument[]> {
    // For MongoDB a limit of 0 would be none.
    if (limit === 0) return Promise.resolve([]);
    const options = {
      hint,
      batchSize,
      maxTimeMS: this.#connection.left(deadline),
      ...(sort && { sort }),
      ...(limit !== undefined && { limit }),
    };
    return this.#connection.run(() => this.#collection.find(filter, options).toArray(), deadline);
  }
}
