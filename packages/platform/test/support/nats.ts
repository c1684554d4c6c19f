/** The NATS servers that a test file runs on: the current one, and the oldest that is supported where it is installed. */
import { EngineNotAvailable, type RunningStore, type StartOptions, startNats } from '@parley/stack';
import { afterAll } from 'vitest';

export interface NatsUnderTest {
  /** Goes into the tests' names: the server's version, or why there is none. */
  title: string;
  store: RunningStore | undefined;
}

/** Starts each once for the calling test file, and ends them after it. */
export async function natsServers(): Promise<NatsUnderTest[]> {
  const wanted: StartOptions[] = [{ own: true }, { own: true, sources: ['path'] }];
  const servers: NatsUnderTest[] = [];
  for (const options of wanted) {
    try {
      const store = await startNats(options);
      afterAll(() => store[Symbol.asyncDispose]());
      if (!servers.some(({ title }) => title === store.engine)) servers.push({ title: store.engine, store });
    } catch (error) {
      if (!(error instanceof EngineNotAvailable)) throw error;
      if (servers.length === 0) servers.push({ title: error.message, store: undefined });
    }
  }
  return servers;
}
