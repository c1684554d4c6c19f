/** What every starter takes. */
import type { StoreName } from './types.ts';

/** Where an engine may come from, in the order in which the places are tried. */
export type Source = 'url' | 'docker' | 'cache' | 'build' | 'path' | 'apt' | 'npm';

export interface StartOptions {
  /**
   * Where the data is kept, created when missing. By default a temporary directory of its own, which is removed when the
   * store is disposed of and when this process ends, however it ends.
   */
  dataDir?: string;
  /** TCP port on 127.0.0.1; by default a free one. */
  port?: number;
  /** Only these sources are tried, still in the fixed order; by default all. */
  sources?: readonly Source[];
  /**
   * A store that nobody else uses and that can be stopped and paused: the environment's URLs do not count.
   */
  own?: boolean;
  /**
   * Which variables name a store that runs already: 'test' (default) those that begin with TEST_, so that a test run never
   * touches the database a developer works with; 'program' those that Parley's programs read.
   */
  variables?: 'test' | 'program';
  /** Where the variables, PATH and the cache folder are read from; by default `process.env`. */
  environment?: NodeJS.ProcessEnv;
  /** How long it may take until it answers, in milliseconds; 30,000 by default. Building an engine does not count. */
  readyMs?: number;
  /** Receives what the server prints, line by line. */
  log?: (line: string) => void;
  /** Told what takes its time: an engine is built or installed. */
  notice?: (text: string) => void;
  /** Told when the server ends without having been asked to. */
  onExit?: (exit: UnexpectedExit) => void;
}

export interface UnexpectedExit {
  name: StoreName;
  pid: number;
  code: number | null;
  signal: NodeJS.Signals | null;
}
