/** A chat server, a network and tabs in one process, each of which a test can make fail or end at any moment. */
import { randomUUID } from 'node:crypto';
import type { Media, Message } from '@parley/contract';
import { onTestFinished } from 'vitest';
import { memoryDatabase } from '../../src/database/memory.ts';
import type { Database, RecordChange, Records } from '../../src/database/types.ts';
import { ParleyError } from '../../src/errors.ts';
import { abortError, onAbort } from '../../src/lib/abort.ts';
import { Listeners } from '../../src/lib/listeners.ts';
import type { UploadFile, UploadOptions } from '../../src/media/types.ts';
import { type Frame, Lanes } from '../../src/outbox/lanes.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import type { Link } from '../../src/realtime/link.ts';
import type { RealtimeStatus, Sent } from '../../src/realtime/types.ts';
import { defaultTiming, type Timing } from '../../src/timing.ts';
import { mediaOf } from '../support/uploads.ts';

const quick: Timing = { ...defaultTiming, backoffMs: 1, backoffMaxMs: 5 };

/** What becomes of a message: nothing, or an error, comes back although it was stored. */
export type Fate = 'stored' | 'lost' | 'answer lost' | ParleyError;

export class ChatServer {
  /** In the order in which they were stored. */
  readonly stored: Frame[] = [];
  /** Everything that came, with the way that it took. */
  readonly came: { frame: Frame; way: 'live' | 'http'; tab: string }[] = [];
  readonly uploads: { file: UploadFile; options: UploadOptions; media: Media | null }[] = [];
  /** Uploads under way, and the most that there were at once. */
  uploading = 0;
  mostUploading = 0;
  fate: (frame: Frame, times: number) => Fate | Promise<Fate> = () => 'stored';
  onUpload: (options: UploadOptions, times: number) => Promise<void> = async () => {};
  readonly #sent = new Map<string, { text: string; sent: Sent }>();
  readonly #times = new Map<string, number>();

  get bodies(): unknown[] {
    return this.stored.map(({ payload }) => ('body' in payload ? payload.body : 'file'));
  }

  async send(frame: Frame, way: 'live' | 'http', tab: string): Promise<Sent> {
    this.came.push({ frame, way, tab });
    const times = (this.#times.get(frame.client_msg_id) ?? 0) + 1;
    this.#times.set(frame.client_msg_id, times);
    const fate = await this.fate(frame, times);
    if (typeof fate !== 'string') throw fate;
    if (fate === 'lost') throw new ParleyError('NETWORK_ERROR');
    const sent = this.#store(frame);
    if (fate === 'answer lost') throw new ParleyError('NETWORK_ERROR');
    return sent;
  }

  async upload(file: UploadFile, options: UploadOptions): Promise<Media> {
    const upload = { file, options, media: null as Media | null };
    this.uploads.push(upload);
    this.mostUploading = Math.max(this.mostUploading, ++this.uploading);
    const aborted = new Promise<never>((_, reject) => {
      onAbort(options.signal, () => reject(options.signal && abortError(options.signal)));
    });
    try {
      await Promise.race([this.onUpload(options, this.uploads.length), aborted]);
      upload.media = mediaOf(options.type ?? 'document', { filename: options.filename ?? null });
      return upload.media;
    } finally {
      this.uploading--;
    }
  }

  #store(frame: Frame): Sent {
    const { client_msg_id, chat_id } = frame;
    const text = JSON.stringify([chat_id, frame.payload]);
    const known = this.#sent.get(client_msg_id);
    if (known && known.text !== text) throw new ParleyError('CONFLICT');
    if (known) return known.sent;
    this.stored.push(frame);
    const seq = this.stored.length;
    const timestamp = new Date().toISOString();
    const sent = { message_id: randomUUID(), client_msg_id, chat_id, seq, version: seq, timestamp };
    this.#sent.set(client_msg_id, { text, sent });
    return sent;
  }
}

/** The live connection as far as lanes know it. */
class FakeLink {
  readonly statuses = new Listeners<RealtimeStatus>();
  status: RealtimeStatus = 'idle';
  readonly #send: (frame: Frame) => Promise<Sent>;

  constructor(send: (frame: Frame) => Promise<Sent>) {
    this.#send = send;
  }

  set(status: RealtimeStatus): void {
    this.status = status;
    this.statuses.emit(status);
  }

  async request(_: 'message.send', frame: Frame): Promise<Sent> {
    if (this.status !== 'online') throw new ParleyError('NETWORK_ERROR');
    return this.#send(frame);
  }
}

export type Tap = (changes: readonly RecordChange[]) => 'write' | 'fail' | 'die first' | 'write and die';

const never = new Promise<never>(() => {});

/** One running program. */
export class Tab {
  readonly id = randomUUID();
  readonly link: FakeLink;
  readonly lanes: Lanes;
  readonly outbox: Outbox;
  /** Decides on each write. */
  tap: Tap = () => 'write';
  readonly log: string[] = [];
  readonly #died = Promise.withResolvers<void>();
  #dead = false;

  constructor(server: ChatServer, timing: Partial<Timing> = {}) {
    // What comes after the end is heard by nobody.
    const alive = <T>(work: () => Promise<T>): Promise<T> => {
      if (this.#dead) return never;
      return work().then(
        (value) => (this.#dead ? never : value),
        (error) => (this.#dead ? never : Promise.reject(error)),
      );
    };
    this.link = new FakeLink((frame) => alive(() => server.send(frame, 'live', this.id)));
    this.lanes = new Lanes(this.link as unknown as Link, { ...quick, ...timing });
    const messageOf = ({ timestamp, ...sent }: Sent) =>
      ({ ...sent, created_at: timestamp }) as unknown as Message;
    this.outbox = new Outbox({
      lanes: this.lanes,
      send: (frame) => alive(() => server.send(frame, 'http', this.id).then(messageOf)),
      upload: (file, options) => alive(() => server.upload(file, options ?? {})),
      server: 'https://parley.example/',
      timing: { ...quick, ...timing },
      debug: (text) => this.log.push(text),
    });
  }

  async start(database: Database, userId = 'mina'): Promise<this> {
    const records = await database.open(`https://parley.example/|${userId}`);
    await Promise.race([this.outbox.start(this.#tapped(records), userId), this.#died.promise]);
    return this;
  }

  /** Ends as a killed process does: nothing of it is heard or written any more. */
  kill(): void {
    this.#dead = true;
    this.#died.resolve();
    this.close();
  }

  close(reason = new ParleyError('ABORTED')): void {
    this.lanes.clear(reason);
    this.outbox.stop(reason);
  }

  #tapped(records: Records): Records {
    const alive = <T>(work: () => Promise<T>): Promise<T> => (this.#dead ? never : work());
    return {
      get: (key) => alive(() => records.get(key)),
      list: (...args) => alive(() => records.list(...args)),
      clear: () => alive(() => records.clear()),
      close: () => alive(() => records.close()),
      shared: records.shared,
      write: (changes) =>
        alive(async () => {
          const fate = this.tap(changes);
          if (fate === 'fail') throw new Error('The device is full');
          if (fate === 'die first') this.kill();
          if (this.#dead) return never;
          await records.write(changes);
          if (fate === 'write and die') this.kill();
          return this.#dead ? never : undefined;
        }),
    };
  }
}

/** A tab that ends with the test. */
export function makeTab(server: ChatServer, timing: Partial<Timing> = {}): Tab {
  const tab = new Tab(server, timing);
  onTestFinished(() => tab.kill());
  return tab;
}

export async function started(
  server: ChatServer,
  database: Database = memoryDatabase(),
  timing: Partial<Timing> = {},
): Promise<Tab> {
  return makeTab(server, timing).start(database);
}

/** What the database has of the outbox. */
export async function left(database: Database, userId = 'mina'): Promise<string[]> {
  const records = await database.open(`https://parley.example/|${userId}`);
  return (await records.list('outbox')).map(([key]) => key);
}

export const chat: string = randomUUID();

export function text(body: string, chat_id = chat) {
  return { chat_id, type: 'text' as const, payload: { body } };
}
