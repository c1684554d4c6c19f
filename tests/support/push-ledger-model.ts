/** A push ledger's windows as plain objects: what the engines are compared with. */
import type { PushWindow } from '@parley/core';

type Content = Pick<PushWindow, 'chatId' | 'userId' | 'messages' | 'count'>;

interface Pair {
  chatId: string;
  userId: string;
  floor: number;
  open: { ends: number; seqs: Map<number, string>; count: number } | undefined;
}

interface Taken extends Content {
  lease: string;
  until: number;
}

/** Messages of a window that are kept. */
const kept = 100;

export class PushWindowsModel {
  readonly #pairs = new Map<string, Pair>();
  #taken: Taken[] = [];

  gather(
    { chatId, messageId, seq }: { chatId: string; messageId: string; seq: number },
    userIds: readonly string[],
    windowMs: number,
    now: number,
  ): void {
    for (const userId of userIds) {
      const key = `${chatId}/${userId}`;
      const pair = this.#pairs.get(key) ?? { chatId, userId, floor: 0, open: undefined };
      this.#pairs.set(key, pair);
      if (seq <= pair.floor || pair.open?.seqs.has(seq)) continue;
      pair.open ??= { ends: now + windowMs, seqs: new Map(), count: 0 };
      const { open } = pair;
      open.count++;
      open.seqs.set(seq, messageId);
      if (open.seqs.size <= kept) continue;
      pair.floor = Math.min(...open.seqs.keys());
      open.seqs.delete(pair.floor);
    }
  }

  /** Checks what an engine took, and takes it here; what is wrong with it, or undefined. */
  take(now: number, limit: number, leaseMs: number, windows: readonly PushWindow[]): string | undefined {
    const open = [...this.#pairs.values()].filter((pair) => pair.open && pair.open.ends <= now);
    const again = this.#taken.filter(({ until }) => until <= now);
    const expected = Math.min(limit, open.length + again.length);
    if (windows.length !== expected) return `${windows.length} windows instead of ${expected}`;
    for (const { lease, ...content } of windows) {
      const same = (one: Content) => JSON.stringify(ordered(one)) === JSON.stringify(ordered(content));
      const pair = open.find((each) => each.open && same(contentOf(each)));
      const earlier = again.find(same);
      if (earlier) again.splice(again.indexOf(earlier), 1);
      else if (pair) {
        pair.floor = Math.max(...(pair.open?.seqs.keys() ?? []));
        pair.open = undefined;
      } else return `${JSON.stringify(content)} is not due`;
      this.#taken = [
        ...this.#taken.filter((each) => each !== earlier),
        { ...content, lease, until: now + leaseMs },
      ];
    }
    return undefined;
  }

  close(windows: readonly PushWindow[]): void {
    const leases = new Set(windows.map(({ lease }) => lease));
    this.#taken = this.#taken.filter(({ lease }) => !leases.has(lease));
  }

  nextDue(): number | null {
    const ends = [...this.#pairs.values()].flatMap(({ open }) => (open ? [open.ends] : []));
    const all = [...ends, ...this.#taken.map(({ until }) => until)];
    return all.length === 0 ? null : Math.min(...all);
  }
}

function contentOf({ chatId, userId, open }: Pair): Content {
  const messages = [...(open?.seqs ?? [])]
    .map(([seq, messageId]) => ({ messageId, seq }))
    .sort((a, b) => a.seq - b.seq);
  return { chatId, userId, messages, count: open?.count ?? 0 };
}

function ordered({ chatId, userId, messages, count }: Content): unknown {
  return [chatId, userId, count, messages.map(({ messageId, seq }) => [messageId, seq])];
}
