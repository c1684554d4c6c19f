/**
 * Cleaning up files while people send and delete them, on each engine: in whatever order the calls come, nothing that a message carries is
 * deleted, and nothing that nobody carries stays.
 */
import fc from 'fast-check';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, it } from 'vitest';
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
import { keepMs, MediaWorld, orphanMs, settleSeconds, type Task, toEnd } from './support/media-world.ts';
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
/** On each call as another process would have them. */
type Stores = () => ConstructorParameters<typeof MediaWorld>;
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

/** Any calls in any order. */
function anyOrder(stores: Stores, numRuns: number) {
  const property = fc.asyncProperty(fc.array(move, { maxLength: 120, size: 'max' }), async (moves) => {
    const world = new MediaWorld(...stores());
    const scheduler = new Scheduler(world);
    await toEnd(world.upload());
    for (const each of moves) await scheduler.make(each);
    await scheduler.finish();
    await world.expectClean();
  });
  return fc.assert(property, { numRuns });
}

/** All orders in which so many steps of each task can come, as the tasks' indexes. */
function* ordersOf(steps: readonly number[]): Generator<number[]> {
  if (steps.every((count) => count === 0)) yield [];
  for (const [task, count] of steps.entries()) {
    if (count === 0) continue;
    for (const rest of ordersOf(steps.with(task, count - 1))) yield [task, ...rest];
  }
}

/** A few people and a worker that meet at one file, in every order. */
async function everyOrder(
  stores: Stores,
  steps: readonly number[],
  begin: (world: MediaWorld) => Promise<Task[]>,
) {
  const orders = [...ordersOf(steps)];
  const next = async () => {
    for (let order = orders.pop(); order; order = orders.pop()) {
      const world = new MediaWorld(...stores());
      await toEnd(world.upload());
      const tasks = await begin(world);
      for (const task of order) await tasks[task]?.next();
      for (const task of tasks) await toEnd(task);
      await world.expectClean();
    }
  };
  await Promise.all(Array.from({ length: 4 }, next));
}

function cleanUpTests(stores: Stores, numRuns: number): void {
  it(
    'in every order of a send and the clean-up of a file that nobody carries',
    () =>
      everyOrder(stores, [2, 4], async (world) => {
        world.now += orphanMs;
        return [world.send(world.files[0] ?? ''), world.clean()];
      }),
    60_000,
  );

  it(
    'in every order of a send, a deletion and the clean-up of a file that only the deleted one carried',
    () =>
      everyOrder(stores, [2, 2, 4], async (world) => {
        const id = world.files[0] ?? '';
        await toEnd(world.send(id));
        const [message] = world.live;
        if (!message) throw new Error('the message was stored');
        world.now += orphanMs;
        return [world.send(id), world.remove(message), world.clean()];
      }),
    120_000,
  );

  it('in any order of what anybody does', () => anyOrder(stores, numRuns), 120_000);
}

describe('on PostgreSQL', () => {
  let database: TestDatabase;
  let sql: Sql;
  beforeAll(async () => {
    database = await createTestDatabase();
    sql = new Sql({ url: database.url, poolSize: 4, timeoutMs: 20_000 });
  });
  afterAll(async () => {
    await sql.close();
    await database.drop();
  });
  cleanUpTests(() => [new PostgresMediaStore(sql), new PostgresMessageStore(sql, nothingPublished)], 60);
});

const { url, why } = await testMongoUrl();

describe.skipIf(why)(`on MongoDB${why}`, () => {
  let client: MongoClient;
  let connection: MongoConnection;
  beforeAll(async () => {
    client = new MongoClient(url);
    connection = new MongoConnection({ url, poolSize: 4, timeoutMs: 20_000 });
    await new MongoMediaStore(connection).ensureIndexes();
    await new MongoMessageStore(connection).ensureIndexes();
  });
  afterAll(async () => {
    await connection.close();
    await client.db().dropDatabase();
    await client.close();
  });
  cleanUpTests(() => [new MongoMediaStore(connection), new MongoMessageStore(connection)], 30);
});
