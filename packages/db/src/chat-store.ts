/** Chats, members and positions on PostgreSQL: read on every send, so on prepared SQL. */
import type {
  ChatChanged,
  ChatDecision,
  ChatListing,
  ChatRecord,
  ChatStore,
  Membership,
  OutboxDraft,
  PositionMove,
  PositionResult,
  Receipt,
  SyncMembership,
} from '@parley/core';
import { changeChat } from './chats/change.ts';
import { createGroup } from './chats/create-group.ts';
import { directOf, openDirect } from './chats/direct.ts';
import { listings, memberships } from './chats/lists.ts';
import { Mutes } from './chats/muted.ts';
import { setOwn } from './chats/own-settings.ts';
import { advance, receipts } from './chats/positions.ts';
import { findChats } from './chats/records.ts';
import { participantsSince, standings, syncMemberships } from './chats/sync.ts';
import { userChanges } from './chats/user-changes.ts';
import { setWindows } from './chats/windows.ts';
import { avatarsUsed } from './media/avatars.ts';
import type { PublishedIds } from './message-store.ts';
import type { Sql } from './sql.ts';

export class PostgresChatStore implements ChatStore {
  readonly #sql: Sql;
  readonly #published: PublishedIds;
  readonly #mutes: Mutes;

  constructor(sql: Sql, published: PublishedIds) {
    this.#sql = sql;
    this.#published = published;
    this.#mutes = new Mutes(sql);
  }

  openDirect(input: Parameters<ChatStore['openDirect']>[0]): ReturnType<ChatStore['openDirect']> {
    return openDirect(this.#sql, input);
  }

  createGroup(...[input, tell]: Parameters<ChatStore['createGroup']>): ReturnType<ChatStore['createGroup']> {
    return createGroup(this.#sql, input, tell);
  }

  change<T>(
    chatId: string,
    headSeq: number,
    decide: (chat: ChatRecord) => ChatDecision<T>,
    tell: (changed: ChatChanged, result: T) => readonly OutboxDraft[],
  ): Promise<{ result: T; changed: ChatChanged | null; outboxIds: string[] }> {
    return changeChat(this.#sql, chatId, headSeq, decide, tell);
  }

  setWindows(...[chatId, seq, joined, left, told]: Parameters<ChatStore['setWindows']>): Promise<void> {
    return setWindows(this.#sql, chatId, seq, joined, left, told);
  }

  find(ids: readonly string[]): Promise<Map<string, ChatRecord>> {
    return findChats(this.#sql, ids);
  }

  memberships(userId: string): Promise<Membership[]> {
    return memberships(this.#sql, userId);
  }

  listings(userId: string, chatIds: readonly string[]): Promise<Map<string, ChatListing>> {
    return listings(this.#sql, userId, chatIds);
  }

  directOf(a: string, b: string): Promise<string | undefined> {
    return directOf(this.#sql, a, b);
  }

  setOwn(...[userId, chatId, patch, tell]: Parameters<ChatStore['setOwn']>): ReturnType<ChatStore['setOwn']> {
    return setOwn(this.#sql, userId, chatId, patch, tell);
  }

  avatarsInUse(urls: readonly string[]): Promise<Set<string>> {
    return avatarsUsed(this.#sql, 'groups', urls);
  }

  mutedBy(chatId: string, userIds: readonly string[], now: string): Promise<Set<string>> {
    return this.#mutes.by(chatId, userIds, now);
  }

  userChanges(
    ...[userId, after, limit]: Parameters<ChatStore['userChanges']>
  ): ReturnType<ChatStore['userChanges']> {
    return userChanges(this.#sql, userId, after, limit);
  }

  standings(...[userId, known]: Parameters<ChatStore['standings']>): ReturnType<ChatStore['standings']> {
    return standings(this.#sql, userId, known);
  }

  syncMemberships(userId: string, chatIds: readonly string[]): Promise<Map<string, SyncMembership>> {
    return syncMemberships(this.#sql, userId, chatIds);
  }

  participantsSince(
    ...[asks, limit]: Parameters<ChatStore['participantsSince']>
  ): ReturnType<ChatStore['participantsSince']> {
    return participantsSince(this.#sql, asks, limit);
  }

  async advance(moves: readonly PositionMove[]): Promise<PositionResult[]> {
    const published = this.#published.takePublished();
    try {
      return await advance(this.#sql, moves, published);
    } catch (error) {
      this.#published.returnPublished(published);
      throw error;
    }
  }

  receipts(chatId: string, seq: number, userIds: readonly string[]): Promise<Receipt[]> {
    return receipts(this.#sql, chatId, seq, userIds);
  }
}
