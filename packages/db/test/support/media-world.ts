/**
 * People who send and delete files, and workers that clean up, as tasks of single calls to the stores. Any task may be stopped between two calls
 * while others go on; time passes only where it is told to.
 */
import { randomUUID } from 'node:crypto';
import type { MediaCheck, MediaStore, MessageStore, NewMessage } from '@parley/core';
import { expect } from 'vitest';
import { at, file, hour } from '../media-contract/kit.ts';
import { carrying, changeOf } from '../message-contract/kit.ts';

/** Seconds within which a sender stores its message after it claimed the file. */
export const settleSeconds = 120;
export const orphanMs = 24 * hour;
/** A file that something refers to is looked at again after so long. */
export const keepMs = 7 * 24 * hour;

/** Stops after each call to a store; `keep` and `doom`, which are about different files, count as one. */
export type Task = AsyncGenerator<void, void>;

export class MediaWorld {
  readonly #media: MediaStore;
  readonly #messages: MessageStore;
  readonly #chat = randomUUID();
  readonly files: string[] = [];
  /** Messages that are stored and not deleted. */
  readonly live: NewMessage[] = [];
  readonly doomed = new Set<string>();
  /** Milliseconds. */
  now = 0;

  constructor(media: MediaStore, messages: MessageStore) {
    this.#media = media;
    this.#messages = messages;
  }

  carriedFiles(): Set<string> {
    return new Set(this.live.map(fileOf));
  }

  /** By the next look at each, what nobody carries is gone, and all the rest is there. */
  async expectClean(): Promise<void> {
    this.now += keepMs;
    await toEnd(this.clean());
    expect(await this.#left()).toEqual(this.carriedFiles());
    // Also what is released by somebody who dies before it can tell.
    for (const message of [...this.live]) await this.remove(message).next();
    this.now += keepMs;
    await toEnd(this.clean());
    expect(await this.#left()).toEqual(new Set());
  }

  /** Those that are known of, doomed ones too. */
  async #left(): Promise<Set<string>> {
    const usable = await this.#media.byIds(this.files);
    const ids = (await this.#due()).map(({ media }) => media.media_id);
    return new Set([...usable.keys(), ...ids]);
  }

  async *upload(): Task {
    const media = file();
    await this.#media.add(media, at(this.now + orphanMs));
    this.files.push(media.media_id);
    yield;
  }

  async *send(id: string): Task {
    const claimedAt = this.now;
    const claimed = await this.#media.claim([id], at(this.now), at(this.now + orphanMs));
    expect([id, claimed.has(id)]).toEqual([id, !this.doomed.has(id)]);
    yield;
    if (!claimed.has(id) || this.now >= claimedAt + settleSeconds * 1000) return;
    const message = carrying(id, this.#chat, randomUUID());
    await this.#messages.append([message]);
    this.live.push(message);
    this.#check();
    yield;
  }

  async *remove(message: NewMessage): Task {
    const [result] = await this.#messages.change([changeOf(message, { kind: 'delete' })]);
    const index = this.live.indexOf(message);
    if (index >= 0) this.live.splice(index, 1);
    yield;
    if (result?.outcome !== 'changed') return;
    expect(result.released).toBe(fileOf(message));
    await this.#media.release([fileOf(message)], at(this.now), settleSeconds);
    yield;
  }

  async *clean(): Task {
    const due = await this.#due();
    yield;
    const carried = await this.#messages.carried(due.map(({ media }) => media.media_id));
    yield;
    const [used, unused] = [true, false].map((is) =>
      due
        .filter((check) => carried.has(check.media.media_id) === is)
        .map(({ media, revision }) => ({ mediaId: media.media_id, revision })),
    );
    await this.#media.keep(used ?? [], at(this.now + keepMs));
    const gone = await this.#media.doom(unused ?? []);
    for (const id of gone) this.doomed.add(id);
    this.#check();
    yield;
    await this.#media.remove([...gone]);
    yield;
  }

  /** Nothing refers to what is being deleted. */
  #check(): void {
    for (const id of this.carriedFiles()) expect([...this.doomed]).not.toContain(id);
  }

  async #due(): Promise<MediaCheck[]> {
    const due = await this.#media.due(at(this.now), 10_000);
    return due.filter(({ media }) => this.files.includes(media.media_id));
  }
}

export async function toEnd(task: Task): Promise<void> {
  while (!(await task.next()).done);
}

const fileOf = ({ payload }: NewMessage): string => ('media_id' in payload ? payload.media_id : '');
