/** MongoDB for tests, or why there is none. */
import { EngineNotAvailable, type RunningStore, startMongo } from '@parley/stack';
import { createTestMongo } from '../../../../tests/support/mongo.ts';

/** A database of the run's MongoDB; `why` is empty where there is one, and otherwise ends the name of what is skipped. */
export async function testMongoUrl(): Promise<{ url: string; why: string }> {
  try {
    return { url: (await createTestMongo()).url, why: '' };
  } catch (error) {
    return { url: '', why: ` (skipped: ${(error as Error).message})` };
  }
}

/** A server of one's own, to pause and to stop. */
export async function ownMongo(): Promise<{ server: RunningStore | undefined; why: string }> {
  try {
    return { server: await startMongo(), why: '' };
  } catch (error) {
    if (!(error instanceof EngineNotAvailable)) throw error;
    return { server: undefined, why: ` (skipped: ${error.message})` };
  }
}
