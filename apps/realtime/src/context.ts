import type { Core } from '@parley/core';
import type { Logger, MessageStages } from '@parley/platform';
import type { Deliverer } from './delivery/deliver.ts';
import type { Hub } from './hub.ts';
import type { InFlight } from './in-flight.ts';
import type { Flusher } from './outbound.ts';
import type { FrameRates } from './rates.ts';
import type { Sessions } from './sessions.ts';
import type { Tallies } from './tallies.ts';
import type { Throttle } from './throttle.ts';
import type { Timings } from './timings.ts';
import type { Typing } from './typing.ts';
import type { Watches } from './watches.ts';

/** What the parts of real time share; made once by `createRealtime`. */
export interface RealtimeContext {
  readonly core: Core;
  readonly log: Logger;
  readonly timings: Timings;
  readonly tallies: Tallies;
  /** How long messages spend in each stage. */
  readonly stages: MessageStages;
  readonly hub: Hub;
  readonly deliverer: Deliverer;
  readonly sessions: Sessions;
  readonly typing: Typing;
  readonly watches: Watches;
  readonly rates: FrameRates;
  readonly flusher: Flusher;
  /** Frames and presence changes under way. */
  readonly inFlight: InFlight;
  /** Log lines about stores that are down. */
  readonly outages: Throttle;
}
