/** bcrypt in a worker thread (contract section 2: codes are bcrypt-hashed). */
import { Worker } from 'node:worker_threads';
import type { SecretHasher } from '@parley/core';
import type { HasherJob, HasherReply } from './hasher-worker.ts';

type Unsent = { op: 'hash'; secret: string; cost: number } | { op: 'matches'; secret: string; hash: string };

interface Waiting {
  resolve(value: string | boolean): void;
  reject(error: Error): void;
}

export class WorkerHasher implements SecretHasher {
  readonly #cost: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 1;

  /** `cost` is bcrypt's work factor, 4 to 14. */
  constructor(cost: number) {
    this.#cost = cost;
  }

  hash(secret: string): Promise<string> {
    return this.#ask({ op: 'hash', secret, cost: this.#cost }) as Promise<string>;
  }

  matches(secret: string, hash: string): Promise<boolean> {
    return this.#ask({ op: 'matches', secret, hash }) as Promise<boolean>;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(job: Unsent): Promise<string | boolean> {
    // Started with the first sign-in, not with the program.
    this.#worker ??= this.#start();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker?.postMessage({ id, ...job } as HasherJob);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./hasher-worker.ts', import.meta.url));
    worker.unref();
    worker.on('message', (reply: HasherReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ('error' in reply) waiting?.reject(new Error(reply.error));
      else waiting?.resolve(reply.value);
    });
    const failed = (error: Error) => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#waiting.clear();
    };
    worker.on('error', failed);
    worker.on('exit', () => failed(new Error('the hashing thread ended')));
    return worker;
  }
}
