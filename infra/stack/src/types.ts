/** A real store that was started for tests or for a local cluster. */
export type StoreName = 'postgresql' | 'redis' | 'nats' | 'mongodb' | 's3';

export interface RunningStore extends AsyncDisposable {
  readonly name: StoreName;
  /** As a client takes it; stays the same through `stop` and `start`. */
  readonly url: string;
  /** Null where it was not started here. */
  readonly pid: number | null;
  /** What it is, for people: `redis-server 7.0.15`, `mongo-java-server 1.47 (stands in for MongoDB)`. */
  readonly engine: string;
  /** The variables by which a program of Parley finds it, e.g. `{ REDIS_URL }`. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the process and keeps its data; SIGTERM unless told otherwise. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port with the same data; resolves when it answers. */
  start(): Promise<void>;
  /** Freezes the process (SIGSTOP), so that it neither answers nor closes connections. */
  pause(): void;
  resume(): void;
}

/** The engine cannot be had on this machine; the message says what was tried and what would help. */
export class EngineNotAvailable extends Error {
  readonly store: StoreName;
  constructor(store: StoreName, message: string) {
    super(message);
    this.name = 'EngineNotAvailable';
    this.store = store;
  }
}
