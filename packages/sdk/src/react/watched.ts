/** Whose presence components show: asked for once for each person, in one frame for all that appear or go in one turn. */
import type { Presence } from '@parley/contract';
import type { ParleyClient } from '../client.ts';
import { Listeners } from '../lib/listeners.ts';

class Person {
  readonly changes = new Listeners<void>();
  /** How many components show it. */
  shown = 0;
  /** Whether the client was told to listen. */
  asked = false;
  presence: Presence | null = null;
}

export class Watched {
  readonly #client: ParleyClient;
  readonly #people = new Map<string, Person>();
  #forget: (() => void)[] = [];
  #due = false;

  constructor(client: ParleyClient) {
    this.#client = client;
  }

  of(userId: string): Presence | null {
    return this.#people.get(userId.toLowerCase())?.presence ?? null;
  }

  /** Has the presence told; calls back with every change. Returns what ends that. */
  watch(userId: string, changed: () => void): () => void {
    const id = userId.toLowerCase();
    const person = this.#people.get(id) ?? new Person();
    this.#people.set(id, person);
    person.shown++;
    const forget = person.changes.add(changed);
    this.#settleSoon();
    return () => {
      person.shown--;
      forget();
      this.#settleSoon();
    };
  }

  /** A turn later: those who leave and come back in one turn stay. */
  #settleSoon(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#settle();
    });
  }

  #settle(): void {
    const { realtime } = this.#client;
    const all = [...this.#people];
    const gone = all.filter(([, { shown }]) => shown === 0);
    const added = all.filter(([, { shown, asked }]) => shown > 0 && !asked);
    for (const [id] of gone) this.#people.delete(id);
    const left = gone.flatMap(([id, { asked }]) => (asked ? [id] : []));
    if (left.length > 0) void realtime.unsubscribePresence(left);
    if (this.#people.size > 0 && this.#forget.length === 0) this.#listen();
    if (this.#people.size === 0) this.#stop();
    // Nobody is told anything before they are signed in.
    if (added.length === 0 || this.#client.session === null) return;
    for (const [, person] of added) person.asked = true;
    void realtime.subscribePresence(added.map(([id]) => id));
  }

  #listen(): void {
    const { realtime } = this.#client;
    this.#forget = [
      realtime.on('presence', (presence) => this.#set(presence.user_id.toLowerCase(), presence)),
      // What was told is worth nothing without a connection; the client asks again with the next one.
      realtime.onStatus((status) => status !== 'online' && this.#clear()),
      this.#client.onSession(() => {
        this.#clear();
        // Asked for as somebody else, if at all.
        for (const person of this.#people.values()) person.asked = false;
        this.#settleSoon();
      }),
    ];
  }

  #stop(): void {
    for (const forget of this.#forget) forget();
    this.#forget = [];
  }

  #set(id: string, presence: Presence | null): void {
    const person = this.#people.get(id);
    if (!person || same(person.presence, presence)) return;
    person.presence = presence;
    person.changes.emit();
  }

  #clear(): void {
    for (const id of this.#people.keys()) this.#set(id, null);
  }
}

function same(a: Presence | null, b: Presence | null): boolean {
  return a?.user_id === b?.user_id && a?.online === b?.online && a?.last_seen === b?.last_seen;
}
