/** What the contract suites of engines need of the engine that they run on. */
export interface Instances<T> {
  /** As two programs have it; the same one twice where the engine lives in one process. */
  readonly both: readonly [T, T];
  /** Lets time pass for the engine. */
  pass(ms: number): Promise<void> | void;
  close(): Promise<void>;
}
