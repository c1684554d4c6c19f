import { clientEvents } from '@parley/contract';
import { syncChanges } from '@parley/core';
import { defineEvent } from './define.ts';

/** Bytes of an answer: well below what may wait for a slow reader, or the answer itself could close the connection. */
const size = { wanted: 256 * 1024, most: 768 * 1024 };

/** What changed after the user's numbers; in smaller pages than over HTTP where they would be large. */
export const sync = defineEvent({
  event: 'sync',
  schema: clientEvents.sync,
  access: 'self',
  rate: 'socketFrame',
  handle: (ctx, _session, data, caller) => syncChanges(ctx.core, caller, data, size),
});
