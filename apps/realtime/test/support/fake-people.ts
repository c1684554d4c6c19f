/** In-memory stores of what users set about each other. */
import {
  BatchLoader,
  type ContactStore,
  type MarkedMessage,
  type MarkStore,
  type PrivacyRecord,
  type PrivacyStore,
  type Relation,
  type Tell,
  type Told,
} from '@parley/core';
import { unused } from '../../../../tests/support/unused.ts';
import type { FakeUsers } from './fake-stores.ts';

const open: PrivacyRecord = {
  last_seen: 'everyone',
  profile_photo: 'everyone',
  about: 'everyone',
  read_receipts: true,
};

/** Raises the user's number and makes the events that tell of it. */
function told(users: FakeUsers, userId: string, tell: Tell): Told {
  const user = users.records.get(userId) ?? users.add(userId);
  return { outboxId: `${userId}-${++user.user_version}`, events: tell(user.user_version) };
}

/** Pairs of users, in one direction. */
export class Pairs {
  readonly #pairs = new Set<string>();
  set(a: string, b: string, holds: boolean): void {
    if (holds) this.#pairs.add(a + b);
    else this.#pairs.delete(a + b);
  }
  has(a: string, b: string): boolean {
    return this.#pairs.has(a + b);
  }
}

export class FakePrivacy implements PrivacyStore {
  readonly settings = new Map<string, Partial<PrivacyRecord>>();
  /** Who has whom in the contacts, and who blocked whom. */
  readonly contacts = new Pairs();
  readonly blocks = new Pairs();
  /** Pairs in each query so far: what is asked in one turn shares one, as in the real store. */
  readonly queries: number[] = [];
  readonly #users: FakeUsers;
  readonly #loader = new BatchLoader<string, Relation>(async (keys) => {
    this.queries.push(keys.length);
    return new Map(keys.map((key) => [key, this.#relation(...(key.split(' ') as [string, string]))]));
  }, 100_000);

  constructor(users: FakeUsers) {
    this.#users = users;
  }

  async relations(pairs: readonly { viewer: string; target: string }[]) {
    const found = pairs.map(({ viewer, target }) => this.#loader.load(`${viewer} ${target}`));
    return (await Promise.all(found)) as Relation[];
  }

  #relation(viewer: string, target: string): Relation {
    return {
      privacy: { ...open, ...this.settings.get(target) },
      isContact: this.contacts.has(target, viewer),
      blocked: this.blocks.has(viewer, target) || this.blocks.has(target, viewer),
    };
  }

  async find(userId: string) {
    return { ...open, ...this.settings.get(userId) };
  }

  async update(userId: string, patch: Partial<PrivacyRecord>, tell: Tell) {
    this.settings.set(userId, { ...this.settings.get(userId), ...patch });
    return { privacy: await this.find(userId), told: told(this.#users, userId, tell) };
  }
}

export class FakeContacts implements ContactStore {
  readonly #users: FakeUsers;
  readonly #privacy: FakePrivacy;

  constructor(users: FakeUsers, privacy: FakePrivacy) {
    this.#users = users;
    this.#privacy = privacy;
  }

  async setBlocked(userId: string, targetId: string, blocked: boolean, tell: Tell) {
    this.#privacy.blocks.set(userId, targetId, blocked);
    return { told: told(this.#users, userId, tell) };
  }

  readonly sync = unused;
  readonly list = unused;
}

export class FakeMarks implements MarkStore {
  readonly #users: FakeUsers;
  readonly hidden = new Pairs();

  constructor(users: FakeUsers) {
    this.#users = users;
  }

  async hide(userId: string, { message_id }: MarkedMessage, tell: Tell) {
    this.hidden.set(userId, message_id, true);
    return told(this.#users, userId, tell);
  }

  async of(userId: string, messageIds: readonly string[]) {
    const ids = messageIds.filter((id) => this.hidden.has(userId, id));
    return new Map(ids.map((id) => [id, { starred: false, hidden: true }]));
  }

  async hiddenIn(_userId: string, windows: readonly unknown[]) {
    return windows.map(() => []);
  }

  readonly star = unused;
  readonly starred = unused;
}
