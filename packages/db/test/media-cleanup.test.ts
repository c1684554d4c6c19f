/**
 * Cleaning up files while people send and delete them, on each engine: in whatever order the calls come, nothing that a message carries is
 * deleted, and nothing that nobody carries stays.
 */
import fc from 'fast-check';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import {
  MongoConnection,
  MongoMediaStore,
  MongoMessageStore,
  PostgresMediaStore,
  PostgresMessageStore,
  Sql,
} from '../src/index.ts';
import { hour } from './media-contract/kit.ts';
import { nothingPublished } from './support/chats.ts';
import { keepMs, MediaWorld, settleSeconds, type Task } from './support/media-world.ts';
import { testMongoUrl } from './support/mongo.ts';

const settleMs = settleSeconds * 1000;

const index = fc.nat({ max: 5 });
/** Begins a task, lets one of those begun do its next call, all its calls or no more, or lets time pass. */
const move = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('upload' as const), n: index }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), n: fc.nat({ max: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), n: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('clean' as const), n: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), n: index }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('step' as const), n: index }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('run' as const), n: index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1, settleMs / 2, settleMs, hour, 24 * hour, keepMs),
    }),
  },
);
type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;

const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(list.length, 1)];

class Scheduler {
  readonly #world: MediaWorld;
  #tasks: Task[] = [];

  constructor(world: MediaWorld) {
    this.#world = world;
  }

  async make(move: Move): Promise<void> {
    const world = this.#world;
    if (move.kind === 'pass') world.now += move.ms;
    else if (move.kind === 'step') await this.#step(pick(this.#tasks, move.n));
    else if (move.kind === 'run') await this.#run(pick(this.#tasks, move.n));
    else if (move.kind === 'die') this.#end(pick(this.#tasks, move.n));
    else if (move.kind === 'upload') this.#tasks.push(world.upload());
    else if (move.kind === 'clean') this.#tasks.push(world.clean());
    else if (move.kind === 'send') {
      const id = pick(world.files, move.n);
      if (id !== undefined) this.#tasks.push(world.send(id));
    } else {
      const message = pick(world.live, move.n);
      if (message) this.#tasks.push(world.remove(message));
    }
  }

  async #step(task: Task | undefined): Promise<void> {
    if (!task) return;
    const { done } = await task.next();
    if (done) this.#end(task);
  }

  async #run(task: Task | undefined): Promise<void> {
    while (task && this.#tasks.includes(task)) await this.#step(task);
  }

  #end(task: Task | undefined): void {
    this.#tasks = this.#tasks.filter((other) => other !== task);
  }

  async finish(): Promise<void> {
    while (this.#tasks.length > 0) await this.#run(this.#tasks[0]);
  }
}

/** Any order of calls, and then what must be true of it in the end. */
function cleanUp(stores: () => ConstructorParameters<typeof MediaWorld>, numRuns: number) {
  const property = fc.asyncProperty(fc.array(move, { maxLength: 120, size: 'max' }), async (moves) => {
    const world = new MediaWorld(...stores());
    const scheduler = new Scheduler(world);
    for await (const _ of world.upload());
    for (const each of moves) await scheduler.make(each);
    await scheduler.finish();

    // By the next look at each, what nobody carries is gone, and all the rest is there.
    world.now += keepMs;
    for await (const _ of world.clean());
    expect(await world.left()).toEqual(world.carriedFiles());
    // Also what is released by somebody who dies before it can tell.
    for (const message of [...world.live]) await world.remove(message).next();
    world.now += keepMs;
    for await (const _ of world.clean());
    expect(await world.left()).toEqual(new Set());
  });
  return fc.assert(property, { numRuns });
}

it('on PostgreSQL', async () => {
  await using database: TestDatabase = await createTestDatabase();
  const sql = new Sql({ url: database.url, poolSize: 2, timeoutMs: 10_000 });
  const messages = new PostgresMessageStore(sql, nothingPublished);
  await cleanUp(() => [new PostgresMediaStore(sql), messages], 60);
  await sql.close();
}, 60_000);

const { url, why } = await testMongoUrl();

describe.skipIf(why)(`on MongoDB${why}`, () => {
  let client: MongoClient;
  let connection: MongoConnection;
  beforeAll(async () => {
    client = new MongoClient(url);
    connection = new MongoConnection({ url, poolSize: 2, timeoutMs: 20_000 });
    await new MongoMediaStore(connection).ensureIndexes();
    await new MongoMessageStore(connection).ensureIndexes();
  });
  afterAll(async () => {
    await connection.close();
    await client.db().dropDatabase();
    await client.close();
  });
  it('cleans up as well', () => {
    const messages = new MongoMessageStore(connection);
    return cleanUp(() => [new MongoMediaStore(connection), messages], 30);
  }, 120_000);
});
