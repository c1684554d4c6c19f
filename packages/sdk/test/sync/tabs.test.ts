// Several tabs share one database: one of them writes, and no record goes back.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Database, memoryDatabase } from '../../src/index.ts';
import { deferred } from '../../src/lib/deferred.ts';
import { Keeper, type Keeping } from '../../src/sync/keeper.ts';
import { until } from '../support/chat-world.ts';

/** A tab that keeps one number, and that knows a newer one once it was let to ask. */
class Tab implements Keeping<null> {
  number = 0;
  readonly drafts = new Map<string, unknown>();
  readonly asked = deferred<void>();
  readonly keeper: Keeper<null>;

  constructor(database: Database, account: string, locks: LockManager | undefined) {
    this.keeper = new Keeper({ database, writeMs: 1, debug: () => {}, locks }, this, account);
  }

  read(records: ReadonlyMap<string, unknown>): void {
    this.number = Number(records.get('sync/numbers') ?? 0);
  }

  found(key: string, value: unknown): void {
    this.drafts.set(key, value);
  }

  renew(): Promise<void> {
    return this.asked.promise;
  }

  parts(): null[] {
    return [null];
  }

  recordsOf(): Map<string, unknown> {
    return new Map([['sync/numbers', this.number]]);
  }

  set(number: number): void {
    this.number = number;
    this.keeper.touch(null);
  }
}

test('one tab writes; another one takes its place when it is gone, and asks before it writes', async () => {
  const database = memoryDatabase();
  const account = randomUUID();
  const { locks } = navigator;
  const kept = async () => (await database.open(account)).get('sync/numbers');
  const first = new Tab(database, account, locks);
  await first.keeper.ready;
  first.set(5);
  await first.keeper.flush();
  expect(await kept()).toBe(5);

  const second = new Tab(database, account, locks);
  await second.keeper.ready;
  expect(second.number).toBe(5);
  first.set(9);
  await first.keeper.flush();
  // It is behind: nothing of it is written.
  second.set(7);
  await second.keeper.flush();
  expect(await kept()).toBe(9);
  await first.keeper.close();
  await second.keeper.flush();
  expect(await kept()).toBe(9);

  second.number = 12;
  second.asked.resolve();
  await until(async () => expect(await kept()).toBe(12));
  await second.keeper.close();
});

test('every tab keeps what it alone knows, whoever writes the rest', async () => {
  const database = memoryDatabase();
  const account = randomUUID();
  const tab = () => new Tab(database, account, navigator.locks);
  const [first, second] = [tab(), tab()];
  await Promise.all([first.keeper.ready, second.keeper.ready]);
  first.keeper.put('a', 'of the first');
  second.keeper.put('b', 'of the second');
  second.keeper.put('c', 'sent by now');
  await Promise.all([first.keeper.flush(), second.keeper.flush()]);
  second.keeper.put('c', undefined);
  await first.keeper.close();
  second.number = 3;
  second.asked.resolve();
  // It writes from now on, and takes nothing away that another one has put.
  await until(async () => expect(await (await database.open(account)).get('sync/numbers')).toBe(3));
  await second.keeper.close();

  const third = tab();
  third.keeper.put('a', 'newer');
  await third.keeper.ready;
  expect([...third.drafts]).toEqual([['b', 'of the second']]);
  await third.keeper.close();
  expect(await (await database.open(account)).list('draft/')).toEqual([
    ['draft/a', 'newer'],
    ['draft/b', 'of the second'],
  ]);
});

test('without locks every tab writes, and records that nobody holds go', async () => {
  const database = memoryDatabase();
  const records = await database.open('account');
  await records.write([{ key: 'chat/gone', value: {} }]);
  const tab = new Tab(database, 'account', undefined);
  await tab.keeper.ready;
  tab.set(3);
  await tab.keeper.close();
  expect(await records.list('')).toEqual([['sync/numbers', 3]]);
});
