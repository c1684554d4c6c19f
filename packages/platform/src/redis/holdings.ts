import { Batcher, isUnavailable, type Log, unavailable } from '@parley/core';
import type { RedisConnection } from './connection.ts';
import type { Mailbox } from './mailbox.ts';
import type { Markers } from './markers.ts';
import type { Routes } from './routes.ts';

interface Change {
  topic: string;
  held: boolean;
}

/** After so many milliseconds it is tried again to tell what could not be told. */
const retryMs = 500;

/** The topics that this instance holds, and the telling of it: at once, in batches, and again when it may be lost. */
export class Holdings {
  readonly #routes: Routes;
  readonly #markers: Markers;
  readonly #mailbox: Mailbox;
  readonly #redis: RedisConnection;
  readonly #log: Pick<Log, 'warn'>;
  /** Topic → when others can see that it is held. */
  readonly #topics = new Map<string, Promise<void>>();
  /** Routes that are to be taken back with the next renewal. */
  readonly #leftovers = new Set<string>();
  readonly #changes: Batcher<Change, undefined>;
  #opening: Promise<void> | undefined;
  #renewing: Promise<void> | undefined;
  /** Everything is to be told again. */
  #stale = false;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    routes: Routes,
    markers: Markers,
    mailbox: Mailbox,
    redis: RedisConnection,
    log: Pick<Log, 'warn'>,
  ) {
    this.#routes = routes;
    this.#markers = markers;
    this.#mailbox = mailbox;
    this.#redis = redis;
    this.#log = log;
    this.#changes = new Batcher<Change, undefined>({
      maxSize: 2_000,
      isolate: (error) => !isUnavailable(error),
      run: (changes) => this.#tell(changes),
    });
  }

  get opened(): boolean {
    return this.#opening !== undefined;
  }

  /** Opens the mailbox if it is not. Errors: `SERVICE_UNAVAILABLE`. */
  open(): Promise<void> {
    const open = async () => {
      await this.#mailbox.open();
      await this.#markers.check();
    };
    this.#opening ??= open().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  join(topic: string): Promise<void> {
    const known = this.#topics.get(topic);
    if (known) return known;
    this.#leftovers.delete(topic);
    const told: Promise<void> = this.#changes.add({ topic, held: true });
    this.#topics.set(topic, told);
    told.catch(() => this.#renewLater());
    return told;
  }

  async leave(topic: string): Promise<void> {
    if (!this.#topics.delete(topic)) return;
    try {
      await this.#changes.add({ topic, held: false });
    } catch {
      if (!this.#topics.has(topic)) this.#leftovers.add(topic);
    }
  }

  /** Whether a packet for these topics is right here; where it is not, the routes it came by are taken back. */
  expects(topics: readonly string[]): boolean {
    if (topics.some((topic) => this.#topics.has(topic))) return true;
    for (const topic of topics) this.#leftovers.add(topic);
    return false;
  }

  /** Tells everything again; `unlessKept`: only if the lease or a marker was lost or something is left to do. */
  renew(unlessKept = false): void {
    if (this.#closed || (this.#opening === undefined && this.#topics.size === 0)) return;
    if (!unlessKept || this.#retry) this.#stale = true;
    if (this.#renewing) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#renewing = this.#renew()
      .catch((error) => {
        this.#log.warn({ err: error }, 'topics could not be told again');
        this.#renewLater();
      })
      .finally(() => {
        this.#renewing = undefined;
        // What was told may have been lost while it was being told.
        if (this.#stale && !this.#retry) this.renew();
      });
  }

  /** Takes all routes and markers back. Errors: `SERVICE_UNAVAILABLE`. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    if (this.#opening === undefined) return this.#markers.clear();
    const topics = [...this.#topics.keys(), ...this.#leftovers];
    this.#topics.clear();
    const gone = async () => {
      await this.#renewing;
      await this.#changes.settled();
      await this.#routes.remove(this.#mailbox.id, topics);
      await this.#markers.clear();
      await this.#mailbox.close();
    };
    await this.#redis.run(gone);
  }

  /** The last wish of each topic counts. */
  async #tell(changes: Change[]): Promise<undefined[]> {
    if (!this.#redis.ready && this.opened) throw unavailable('Redis', new Error('the connection is lost'));
    await this.open();
    await this.#redis.subscriber.ready();
    const last = new Map(changes.map(({ topic, held }) => [topic, held]));
    const topics = [...last.keys()];
    await Promise.all([
      this.#routes.add(
        this.#mailbox.id,
        topics.filter((topic) => last.get(topic)),
      ),
      this.#routes.remove(
        this.#mailbox.id,
        topics.filter((topic) => !last.get(topic)),
      ),
    ]);
    return changes.map(() => undefined);
  }

  async #renew(): Promise<void> {
    await this.open();
    await this.#redis.subscriber.ready();
    const former = await this.#mailbox.renew();
    if (former !== null) this.#stale = true;
    // Before telling: a loss in between is noticed the next time.
    await this.#markers.check();
    if (this.#stale) {
      this.#stale = false;
      const done = Promise.resolve();
      const topics = [...this.#topics.keys()];
      await this.#routes.add(this.#mailbox.id, topics, former ?? '');
      for (const topic of topics) if (this.#topics.has(topic)) this.#topics.set(topic, done);
    }
    const leftovers = [...this.#leftovers].filter((topic) => !this.#topics.has(topic));
    if (leftovers.length > 0) await this.#routes.remove(this.#mailbox.id, leftovers);
    for (const topic of leftovers) this.#leftovers.delete(topic);
    if (former !== null) this.#mailbox.retire(former);
  }

  #renewLater(): void {
    if (this.#closed) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.renew();
    }, retryMs);
  }
}
