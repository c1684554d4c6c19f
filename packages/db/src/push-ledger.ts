/**
 * What workers remember of pushes, on PostgreSQL (contract section 6): what was accepted for a push survives the process. Every call is at
 * most one statement, however many users or devices it is about, and calls at the same time share one; ids are UUIDs as this database writes them. Nothing is forgotten but by `sweep`.
 */
import type { PushLedger, PushNote, PushWindow } from '@parley/core';
import { Claims, giveBack } from './push/claims.ts';
import { Notes } from './push/notes.ts';
import { ShownDevices, takeShown } from './push/shown.ts';
import { sweep } from './push/sweep.ts';
import { close, gather, nextDue, take } from './push/windows.ts';
import type { Sql } from './sql.ts';

/** Errors of all methods: `SERVICE_UNAVAILABLE`. */
export class PostgresPushLedger implements PushLedger {
  readonly #sql: Sql;
  readonly #claims: Claims;
  readonly #notes: Notes;
  readonly #shown: ShownDevices;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#claims = new Claims(sql);
    this.#notes = new Notes(sql);
    this.#shown = new ShownDevices(sql);
  }

  gather(...[message, userIds, windowMs, now]: Parameters<PushLedger['gather']>): Promise<void> {
    return gather(this.#sql, message, userIds, windowMs, now);
  }

  take(now: number, limit: number, leaseMs: number): Promise<PushWindow[]> {
    return take(this.#sql, now, limit, leaseMs);
  }

  close(windows: readonly PushWindow[]): Promise<void> {
    return close(this.#sql, windows);
  }

  nextDue(): Promise<number | null> {
    return nextDue(this.#sql);
  }

  claim(pairs: readonly { messageId: string; deviceId: string }[], now: number): Promise<boolean[]> {
    return this.#claims.add(pairs, now);
  }

  giveBack(pairs: readonly { messageId: string; deviceId: string }[]): Promise<void> {
    return giveBack(this.#sql, pairs);
  }

  shown(userId: string, chatId: string, deviceIds: readonly string[], now: number): Promise<void> {
    return this.#shown.add(userId, chatId, deviceIds, now);
  }

  takeShown(userId: string, chatId: string): Promise<string[]> {
    return takeShown(this.#sql, userId, chatId);
  }

  note(notes: readonly PushNote[], now: number): Promise<void> {
    return this.#notes.add(notes, now);
  }

  why(messageId: string, userId: string): Promise<(PushNote & { at: number }) | undefined> {
    return this.#notes.find(messageId, userId);
  }

  sweep(now: number): Promise<void> {
    return sweep(this.#sql, now);
  }
}
