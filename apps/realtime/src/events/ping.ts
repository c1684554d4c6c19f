import { clientEvents } from '@parley/contract';
import { defineEvent } from './define.ts';

/** A sign of life, which the dispatcher has noted already. */
export const ping = defineEvent({
  event: 'ping',
  schema: clientEvents.ping,
  access: 'self',
  rate: null,
  handle: () => ({}),
});
