import type { RecordChange, Records } from '../database/types.ts';
import { ParleyError } from '../errors.ts';
import type { DebugLog } from '../lib/debug.ts';
import { fileKey, isRecord, type OutboxRecord, recordPrefix } from './job.ts';

/** The outbox in a user's records. */
export class Shelf {
  /** Null until they are given. */
  records: Records | null = null;
  readonly #ended: AbortSignal;
  readonly #debug: DebugLog;
  #last = 0;

  /** After the signal nothing is written any more: the records may be another's by then. */
  constructor(ended: AbortSignal, debug: DebugLog) {
    this.#ended = ended;
    this.#debug = debug;
  }

  /** The next place: behind all that were seen, also where the clock was set back. */
  place(): number {
    this.#last = Math.max(this.#last + 1, Date.now());
    return this.#last;
  }

  /** What was left here, by whomever, in its order. */
  async left(): Promise<OutboxRecord[]> {
    const all = await this.#open().list(recordPrefix);
    const records = all.map(([, value]) => value).filter(isRecord);
    this.#last = Math.max(this.#last, ...records.map(({ place }) => place));
    return records;
  }

  /** Null where it was not kept, or is lost. */
  async file(id: string): Promise<Blob | null> {
    const file = await this.#open()
      .get(fileKey(id))
      .catch((error) => this.failed(error));
    return file instanceof Blob ? file : null;
  }

  /** Errors: `SERVICE_UNAVAILABLE` (the device refuses). */
  async write(changes: readonly RecordChange[]): Promise<void> {
    try {
      if (changes.length > 0) await this.#open().write(changes);
    } catch (cause) {
      throw new ParleyError('SERVICE_UNAVAILABLE', 'This device cannot keep the message', { cause });
    }
  }

  /** Says that the database failed where nobody else hears of it. */
  failed(error: unknown): void {
    const name = error instanceof Error ? error.name : typeof error;
    if (!this.#ended.aborted) this.#debug('the database of the outbox failed', { error: name });
  }

  #open(): Records {
    this.#ended.throwIfAborted();
    if (!this.records) throw new TypeError('There are no records yet');
    return this.records;
  }
}
