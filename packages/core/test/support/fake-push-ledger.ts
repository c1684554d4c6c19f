/** What workers remember of pushes, and push tokens, in memory. */
import { randomUUID } from 'node:crypto';
import type {
  DeviceToken,
  DeviceTokenStore,
  PushLedger,
  PushNote,
  PushWindow,
} from '../../src/ports/stores.ts';

interface OpenWindow {
  chatId: string;
  userId: string;
  messages: { messageId: string; seq: number }[];
  dueAt: number;
  /** Null while nobody has taken it. */
  lease: string | null;
}

const keptMessages = 100;

export class FakeLedger implements PushLedger {
  readonly windows: OpenWindow[] = [];
  /** Every window that was ever taken, once. */
  readonly left: { userId: string; messageIds: string[] }[] = [];
  readonly claims = new Set<string>();
  readonly showing = new Map<string, Set<string>>();
  readonly notes = new Map<string, PushNote & { at: number }>();
  readonly #floors = new Map<string, number>();

  async gather(...[message, userIds, windowMs, now]: Parameters<PushLedger['gather']>): Promise<void> {
    const { chatId, messageId, seq } = message;
    for (const userId of userIds) {
      if (seq <= (this.#floors.get(chatId + userId) ?? 0)) continue;
      let window = this.windows.find(
        (each) => each.chatId === chatId && each.userId === userId && each.lease === null,
      );
      if (!window) {
        window = { chatId, userId, messages: [], dueAt: now + windowMs, lease: null };
        this.windows.push(window);
      }
      if (window.messages.some((each) => each.messageId === messageId)) continue;
      window.messages.push({ messageId, seq });
      window.messages.sort((a, b) => a.seq - b.seq);
    }
  }

  async take(now: number, limit: number, leaseMs: number): Promise<PushWindow[]> {
    const due = this.windows.filter(({ dueAt }) => dueAt <= now).slice(0, limit);
    return due.map((window) => {
      const { chatId, userId, messages } = window;
      if (window.lease === null) {
        this.#floors.set(chatId + userId, messages.at(-1)?.seq ?? 0);
        this.left.push({ userId, messageIds: messages.map(({ messageId }) => messageId) });
      }
      window.lease = randomUUID();
      window.dueAt = now + leaseMs;
      const { lease } = window;
      return { chatId, userId, messages: messages.slice(-keptMessages), count: messages.length, lease };
    });
  }

  async close(windows: readonly PushWindow[]): Promise<void> {
    const leases = new Set(windows.map(({ lease }) => lease));
    const open = this.windows.filter(({ lease }) => lease === null || !leases.has(lease));
    this.windows.splice(0, this.windows.length, ...open);
  }

  async nextDue(): Promise<number | null> {
    return this.windows.length === 0 ? null : Math.min(...this.windows.map(({ dueAt }) => dueAt));
  }

  async claim(pairs: readonly { messageId: string; deviceId: string }[]): Promise<boolean[]> {
    return pairs.map(({ messageId, deviceId }) => {
      const [key, before] = [`${messageId}/${deviceId}`, this.claims.size];
      return this.claims.add(key).size > before;
    });
  }

  async giveBack(pairs: readonly { messageId: string; deviceId: string }[]): Promise<void> {
    for (const { messageId, deviceId } of pairs) this.claims.delete(`${messageId}/${deviceId}`);
  }

  async shown(userId: string, chatId: string, deviceIds: readonly string[]): Promise<void> {
    const showing = this.showing.get(userId + chatId) ?? new Set();
    this.showing.set(userId + chatId, showing);
    for (const id of deviceIds) showing.add(id);
  }

  async takeShown(userId: string, chatId: string): Promise<string[]> {
    const showing = [...(this.showing.get(userId + chatId) ?? [])];
    this.showing.delete(userId + chatId);
    return showing;
  }

  async note(notes: readonly PushNote[], now: number): Promise<void> {
    for (const note of notes) this.notes.set(note.messageId + note.userId, { ...note, at: now });
  }

  async why(messageId: string, userId: string): Promise<(PushNote & { at: number }) | undefined> {
    return this.notes.get(messageId + userId);
  }

  async sweep(): Promise<void> {}
}

export class FakeDevices implements DeviceTokenStore {
  readonly all: DeviceToken[] = [];

  async register(input: Parameters<DeviceTokenStore['register']>[0]): Promise<void> {
    const { userId: user_id, sessionId: session_id, token, platform } = input;
    this.#keep((each) => each.token !== token && each.session_id !== session_id);
    this.all.push({ id: randomUUID(), user_id, session_id, token, platform });
  }

  async remove(_userId: string, sessionId: string): Promise<boolean> {
    return this.#keep(({ session_id }) => session_id !== sessionId);
  }

  async of(userIds: readonly string[]): Promise<Map<string, DeviceToken[]>> {
    const wanted = new Set(userIds);
    return Map.groupBy(
      this.all.filter(({ user_id }) => wanted.has(user_id)),
      ({ user_id }) => user_id,
    );
  }

  async drop(device: Pick<DeviceToken, 'id' | 'token'>): Promise<void> {
    this.#keep(({ id, token }) => id !== device.id || token !== device.token);
  }

  async expire(): Promise<number> {
    return 0;
  }

  #keep(wanted: (device: DeviceToken) => boolean): boolean {
    const kept = this.all.filter(wanted);
    const removed = kept.length < this.all.length;
    this.all.splice(0, this.all.length, ...kept);
    return removed;
  }
}
