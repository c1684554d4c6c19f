/**
 * Where an instance is reached. Its id is good for as long as its lease `instance:<id>`: a lease that ran out or was lost
 * never comes back, the instance takes another id instead. So whoever finds no lease may clear up after that id without
 * asking anybody.
 */
import { unavailable } from '@parley/core';
import type { RedisConnection } from './connection.ts';

const leaseKey = (id: string) => `instance:${id}`;

/** All ids of an instance share a hash tag, so that on a cluster one node has all of its mailboxes. */
function channelOf(id: string): string {
  const [base, epoch] = id.split('/') as [string, string];
  return `mailbox:{${base}}:${epoch}`;
}

export class Mailbox {
  readonly #redis: RedisConnection;
  readonly #leaseMs: number;
  readonly #receive: (text: string) => void;
  #epoch = 0;
  #leased = false;

  constructor(redis: RedisConnection, leaseMs: number, receive: (text: string) => void) {
    this.#redis = redis;
    this.#leaseMs = leaseMs;
    this.#receive = receive;
  }

  get id(): string {
    return `${this.#redis.id}/${this.#epoch}`;
  }

  /** Whether the id is or was this instance's. */
  isOwn(id: string): boolean {
    return id.startsWith(this.#redis.id) && id[this.#redis.id.length] === '/';
  }

  /** Opens it. Errors: `SERVICE_UNAVAILABLE`. */
  async open(): Promise<void> {
    // Without it, waiting for the subscription would take its time where Redis is known to be away.
    await this.#redis.ping();
    await this.#redis.subscriber.subscribe(channelOf(this.id), true, this.#receive);
    if (!(await this.post(this.id, ''))) {
      // A replica takes subscriptions, too, but is not told of everything.
      this.#redis.subscriber.reset();
      throw unavailable('Redis', new Error('the mailbox is not heard where mail arrives'));
    }
    await this.#redis.run(() => this.#redis.commands.set(leaseKey(this.id), '1', 'PX', this.#leaseMs));
    this.#leased = true;
  }

  /**
   * Renews the lease. Where it was lost, resolves to the id that was lost with it: the routes have to be told again under
   * the new one, and `retire` called then. Errors: `SERVICE_UNAVAILABLE`.
   */
  async renew(): Promise<string | null> {
    const { commands } = this.#redis;
    const kept = await this.#redis.run(() => commands.pexpire(leaseKey(this.id), this.#leaseMs));
    if (kept === 1 || !this.#leased) return null;
    const former = this.id;
    this.#epoch++;
    try {
      await this.open();
    } catch (error) {
      // Nobody knows of the new one yet, so the next renewal can begin again.
      this.#redis.subscriber.unsubscribe(channelOf(this.id));
      this.#epoch--;
      throw error;
    }
    return former;
  }

  /** Hears the mailbox of a former id no more. */
  retire(id: string): void {
    this.#redis.subscriber.unsubscribe(channelOf(id));
  }

  /** Gives the lease up: from now on nobody waits for this instance. */
  async close(): Promise<void> {
    this.retire(this.id);
    if (this.#leased) await this.#redis.run(() => this.#redis.commands.del(leaseKey(this.id)));
  }

  /** Puts mail into a mailbox; resolves to whether it was open. Errors: `SERVICE_UNAVAILABLE`. */
  async post(id: string, text: string): Promise<boolean> {
    return (await this.#redis.publish(channelOf(id), text, true)) > 0;
  }

  /** Whether the instance `id` lives, as far as its lease tells. Errors: `SERVICE_UNAVAILABLE`. */
  async isAlive(id: string): Promise<boolean> {
    return (await this.#redis.run(() => this.#redis.commands.exists(leaseKey(id)))) === 1;
  }

  /** Ends the lease of an instance that cannot be reached; if it lives after all, it takes a new id. */
  async expel(id: string): Promise<void> {
    await this.#redis.run(() => this.#redis.commands.del(leaseKey(id)));
  }
}
