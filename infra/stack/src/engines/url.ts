/** A store that runs already and that a variable names. */
import type { StartOptions } from '../options.ts';
import type { RunningStore, StoreName } from '../types.ts';
import type { Way } from './way.ts';

export interface UrlVariables {
  name: StoreName;
  options: StartOptions;
  /** The variable that names the store, as the programs read it: `REDIS_URL`. */
  main: string;
  /** Variables that go along when they are set. */
  others?: readonly string[];
}

/** In tests the variables are looked for as `TEST_REDIS_URL`. */
export function fromUrl({ name, options, main, others = [] }: UrlVariables): Way {
  const environment = options.environment ?? process.env;
  const prefix = options.variables === 'program' ? '' : 'TEST_';
  const find = () => {
    const url = environment[`${prefix}${main}`]?.trim();
    if (!url) throw new Error(`${prefix}${main} is not set`);
    return url;
  };
  return {
    source: 'url',
    async check() {
      find();
      return `the one that ${prefix}${main} names`;
    },
    async prepare() {
      const url = find();
      const env: Record<string, string> = { [main]: url };
      for (const other of others) {
        const value = environment[`${prefix}${other}`];
        if (value) env[other] = value;
      }
      return async () => new NamedStore(name, url, `the one that ${prefix}${main} names`, env);
    },
  };
}

class NamedStore implements RunningStore {
  readonly name: StoreName;
  readonly url: string;
  readonly pid = null;
  readonly engine: string;
  readonly env: Readonly<Record<string, string>>;

  constructor(name: StoreName, url: string, engine: string, env: Record<string, string>) {
    this.name = name;
    this.url = url;
    this.engine = engine;
    this.env = env;
  }

  async stop(): Promise<void> {
    throw this.#notOurs('stopped');
  }

  /** It runs already. */
  async start(): Promise<void> {}

  pause(): void {
    throw this.#notOurs('paused');
  }

  resume(): void {
    throw this.#notOurs('resumed');
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #notOurs(what: string): Error {
    return new Error(
      `${this.name} cannot be ${what}: it was not started here. Start one with { own: true }.`,
    );
  }
}
