/** A network that loses, repeats and delays what it carries, by a seed: what clients must end up right in spite of. */
import type { Database, RecordChange, Records } from '@parley/sdk';

/** Numbers in [0, 1) that follow from a seed (mulberry32). */
export type Random = () => number;

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function oneOf<T>(random: Random, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)] as T;
}

/** How often what happens, in shares of all; 0 for a good network. */
export interface Faults {
  /** An event is lost, comes twice, or comes up to `delayMs` late. */
  lost: number;
  twice: number;
  late: number;
  delayMs: number;
  /** A call is not made, or its answer is lost. */
  calls: number;
}

export const noFaults: Faults = { lost: 0, twice: 0, late: 0, delayMs: 0, calls: 0 };

type Deliver = (event: MessageEvent) => void;

/** Whether a frame is an event of the server's, of either transport: answers are needed by who asked, and are left alone. */
function isEvent(data: unknown): boolean {
  if (typeof data !== 'string') return false;
  // Socket.IO: `42["message.new",{…}]`; `43` answers.
  if (/^\d/.test(data)) return data.startsWith('42');
  const frame: { event?: string; req_id?: string } = JSON.parse(data);
  return frame.req_id === undefined && frame.event !== 'pong' && frame.event !== 'auth';
}

/** A `WebSocket` on which events suffer; `faults` is looked at for each. */
export function faultyWebSocket(random: Random, faults: Faults): typeof WebSocket {
  const suffering = (deliver: Deliver): Deliver => {
    return (event) => {
      if (!isEvent(event.data)) return deliver(event);
      const fate = random();
      if (fate < faults.lost) return;
      if (fate < faults.lost + faults.twice) deliver(event);
      else if (fate < faults.lost + faults.twice + faults.late) {
        setTimeout(() => deliver(event), random() * faults.delayMs);
        return;
      }
      deliver(event);
    };
  };
  return class extends WebSocket {
    #heard: Deliver | null = null;

    override get onmessage(): Deliver | null {
      return this.#heard;
    }

    override set onmessage(listener: Deliver | null) {
      this.#heard = listener;
      super.onmessage = listener === null ? null : suffering((event) => listener.call(this, event));
    }

    override addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | AddEventListenerOptions,
    ): void {
      const wrapped =
        type === 'message' && typeof listener === 'function'
          ? (suffering((event) => listener.call(this, event)) as (event: Event) => void)
          : listener;
      super.addEventListener(type, wrapped as EventListener, options);
    }
  };
}

/** A `fetch` of which some calls fail, before or after the server has done what they ask. */
export function faultyFetch(random: Random, faults: Faults): typeof fetch {
  return async (input, init) => {
    const fate = random();
    if (fate < faults.calls / 2) throw new TypeError('the network is away');
    const answer = await fetch(input, init);
    if (fate < faults.calls) {
      await answer.body?.cancel();
      throw new TypeError('the network went away');
    }
    return answer;
  };
}

/** A database whose program can die: nothing is written after that, and what was under way may or may not have been. */
export function mortal(database: Database): Database & { die(): void } {
  let dead = false;
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw new Error('the program is dead');
    return work();
  };
  const guard = (records: Records): Records => ({
    get: (key) => alive(() => records.get(key)),
    list: (prefix, options) => alive(() => records.list(prefix, options)),
    write: (changes: readonly RecordChange[]) => alive(() => records.write(changes)),
    clear: () => alive(() => records.clear()),
    close: () => records.close(),
  });
  return {
    open: async (account) => guard(await alive(() => database.open(account))),
    die() {
      dead = true;
    },
  };
}
