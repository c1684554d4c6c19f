/**
 * What is done for one user's messages between `start` and `stop`. Each goes through these states, and what is written says where it was
 * when the program ended: written; uploaded (with a file), and that written; handed to the server; answered, and deleted, or written as
 * failed. Doing the last step twice changes nothing on the server.
 */
import type { Records } from '../database/types.ts';
import { ParleyError, toParleyError } from '../errors.ts';
import type { DebugLog } from '../lib/debug.ts';
import { deferred } from '../lib/deferred.ts';
import { randomUuid } from '../lib/uuid.ts';
import type { Sent } from '../realtime/types.ts';
import { adopted } from './adopt.ts';
import { isKept, keepable, measured } from './file.ts';
import { fileKey, type Job, kept } from './job.ts';
import type { Lanes } from './lanes.ts';
import { Shelf } from './shelf.ts';
import { joinTabs } from './tabs.ts';
import type { OutboxUploads } from './uploads.ts';

export interface LifeParts {
  readonly lanes: Lanes;
  readonly uploads: OutboxUploads;
  readonly debug: DebugLog;
  /** All that is there, by `client_msg_id`. */
  readonly jobs: Map<string, Job>;
  /** Hears when something of a message changed, or whether it is there. */
  readonly changed: (job: Job) => void;
}

/** A file that no message carries is deleted after a day (contract section 2, Media); sooner its upload is not the reason of a refusal. */
const uploadLastsMs = 20 * 3600 * 1000;

export class Life {
  /** Resolves when what was left is here. */
  readonly opened = deferred<void>();
  readonly #parts: LifeParts;
  readonly #tab = randomUuid();
  readonly #ended = new AbortController();
  readonly #shelf: Shelf;
  #isOpen = false;

  constructor(parts: LifeParts) {
    this.#parts = parts;
    this.#shelf = new Shelf(this.#ended.signal, parts.debug);
  }

  /** Whether it has records. */
  get begun(): boolean {
    return this.#shelf.records !== null;
  }

  /** Takes the records, and over what others have left there. Never rejects. */
  async open(records: Records, account: string): Promise<void> {
    this.#shelf.records = records;
    try {
      // What nobody else has open is all this one's.
      if (!records.shared) await this.#adopt(null);
      else
        await joinTabs({
          account,
          tab: this.#tab,
          signal: this.#ended.signal,
          tabs: async () => (await this.#shelf.left()).map(({ tab }) => tab),
          adopt: (tab) => this.#adopt(tab),
        });
    } catch (cause) {
      this.#shelf.failed(cause);
    }
    this.#isOpen = true;
    this.opened.resolve();
  }

  /** Lets go of everything; the records stay as they are. */
  end(reason: ParleyError): void {
    this.#ended.abort(reason);
    for (const job of [...this.#parts.jobs.values()]) this.#end(job, reason);
  }

  /** Keeps a message, then sends it. Never rejects: the job tells. */
  async add(job: Job): Promise<void> {
    const { signal } = job.stop;
    if (!this.#isOpen) await this.opened.promise;
    if (signal.aborted) return;
    job.set({ tab: this.#tab, place: job.record.place || this.#shelf.place(), error: null });
    this.#enter(job);
    try {
      await this.#keep(job);
      if (!signal.aborted) await this.#prepare(job);
    } catch (error) {
      if (!signal.aborted) this.#refused(job, error);
    }
  }

  /** Takes a message away, also from the database, whatever is under way for it. */
  async remove(job: Job, reason: ParleyError): Promise<void> {
    this.#end(job, reason);
    if (job.record.place) await this.#shelf.write(job.gone);
  }

  /** The server has stored it, as others tell: it is shown no more. What was handed to the server still gets its answer. */
  stored(job: Job, sent: Sent | undefined): void {
    if (!sent && job.entry?.frame && !job.error) this.#forget(job);
    else this.#done(job, sent);
  }

  async #keep(job: Job): Promise<void> {
    const { file, record, stop } = job;
    if (!file || !record.file) return this.#shelf.write([job.kept]);
    job.file = await keepable(file, record.file, stop.signal);
    job.set({ payload: await measured(record.type, record.payload, job.file, stop.signal) });
    if (stop.signal.aborted) return;
    this.#parts.changed(job);
    const blob = { key: fileKey(job.id), value: job.file };
    try {
      if (isKept(job.file)) return await this.#shelf.write([job.kept, blob]);
    } catch (cause) {
      // There may be no room for the file; the message is still sent, unless the program ends first.
      this.#shelf.failed(cause);
      if (stop.signal.aborted) return;
    }
    await this.#shelf.write([job.kept]);
  }

  /** Makes it ready for its lane: with a file by uploading it, unless that was done. */
  async #prepare(job: Job): Promise<void> {
    const { uploads, changed, lanes } = this.#parts;
    const { entry } = job;
    if (!job.frame) {
      const media = await uploads.send(job, () => changed(job));
      if (job.stop.signal.aborted) return;
      job.set({ media, uploaded_at: Date.now() });
      // Else it would be uploaded again after a restart, and be another message.
      await this.#shelf.write([job.kept]);
      changed(job);
    }
    if (entry) entry.frame = job.frame;
    lanes.road.wake();
  }

  #enter(job: Job): void {
    const { id, chatId, record } = job;
    const resolve = (sent: Sent) => this.#done(job, sent);
    const reject = (error: unknown) => this.#refused(job, error);
    job.entry = {
      id,
      chatId,
      order: record.place,
      frame: null,
      live: false,
      emitted: false,
      resolve,
      reject,
    };
    this.#parts.lanes.put(job.entry);
  }

  #done(job: Job, sent: Sent | undefined): void {
    if (sent) job.sent.resolve(sent);
    this.#forget(job);
    this.#end(job, new ParleyError('CONFLICT', 'The message was stored by another client'));
  }

  #refused(job: Job, cause: unknown): void {
    const error = toParleyError(cause);
    const { jobs, lanes, changed } = this.#parts;
    if (job.entry) lanes.remove(job.entry);
    job.entry = null;
    // The session or the client is over: it waits in the database. Or others have told that it was stored.
    const over = error.code === 'ABORTED' || error.code === 'UNAUTHORIZED' || jobs.get(job.id) !== job;
    if (over) {
      job.sent.reject(error);
      return;
    }
    const { media, uploaded_at } = job.record;
    const old = Math.abs(Date.now() - uploaded_at) > uploadLastsMs;
    if (error.code === 'NOT_FOUND' && media && old && job.file) {
      job.set({ media: null });
      job.progress = null;
      void this.add(job);
      return;
    }
    job.error = error;
    job.set({ error: kept(error) });
    this.#shelf.write([job.kept]).catch((failure) => this.#shelf.failed(failure));
    changed(job);
    job.sent.reject(error);
  }

  /** Takes it out of sight and of the database. */
  #forget(job: Job): void {
    const { jobs, changed } = this.#parts;
    if (jobs.get(job.id) !== job) return;
    jobs.delete(job.id);
    // Where that fails it is sent once more after a restart, which changes nothing.
    this.#shelf.write(job.gone).catch((cause) => this.#shelf.failed(cause));
    changed(job);
  }

  #end(job: Job, reason: ParleyError): void {
    const { jobs, lanes, changed } = this.#parts;
    job.stop.abort(reason);
    if (job.entry) lanes.remove(job.entry);
    job.sent.reject(reason);
    if (jobs.get(job.id) !== job) return;
    jobs.delete(job.id);
    changed(job);
  }

  async #adopt(tab: string | null): Promise<void> {
    const { jobs } = this.#parts;
    try {
      const isTheirs = (other: string) => other !== this.#tab && (tab === null || tab === other);
      for (const job of await adopted(this.#shelf, jobs, this.#tab, isTheirs)) this.#resume(job);
    } catch (cause) {
      this.#shelf.failed(cause);
    }
  }

  #resume(job: Job): void {
    const { jobs, changed } = this.#parts;
    jobs.set(job.id, job);
    changed(job);
    if (job.error) return;
    this.#enter(job);
    this.#prepare(job).catch((error) => {
      if (!job.stop.signal.aborted) this.#refused(job, error);
    });
  }
}
