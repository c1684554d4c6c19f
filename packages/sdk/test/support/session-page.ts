/** The page's side of the session tests. */
import { ParleyClient } from '../../src/client.ts';
import { browserStorage } from '../../src/storage.ts';
import { defaultTiming } from '../../src/timing.ts';

Object.assign(globalThis, {
  makeClient: (url: string) => new ParleyClient({ url, storage: browserStorage() }, defaultTiming),
});
