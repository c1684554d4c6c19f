import type { ChatCache } from './chats/cache.ts';
import type { Turns } from './lib/turns.ts';
import type { MediaLinks } from './media/links.ts';
import type { PositionWriter } from './messages/positions.ts';
import type { SendQueue } from './messages/send-queue.ts';
import type {
  AccessTokens,
  Clock,
  EventBus,
  FanOut,
  KeyValue,
  Log,
  ObjectStore,
  PresenceLeases,
  Publisher,
  RateLimiter,
  SecretHasher,
  SendTimes,
  Signals,
  Sms,
} from './ports/engines.ts';
import type {
  ChatStore,
  ContactStore,
  DeviceTokenStore,
  MarkStore,
  MediaStore,
  MediaTools,
  MessageStore,
  PrivacyStore,
  PushGateway,
  PushLedger,
  SessionStore,
  UserStore,
} from './ports/stores.ts';

/** Settings that change what core does. */
export interface CoreSettings {
  /** Puts the code into the answer of request-otp; refused in production. */
  otpEcho: boolean;
}

/** Everything that core reaches, through ports. Made once by `createCore`; functions take the part they need. */
export interface Core {
  readonly settings: CoreSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly chats: ChatStore;
  readonly messages: MessageStore;
  readonly privacy: PrivacyStore;
  readonly contacts: ContactStore;
  readonly marks: MarkStore;
  readonly media: MediaStore;
  readonly mediaTools: MediaTools;
  readonly objects: ObjectStore;
  readonly devices: DeviceTokenStore;
  readonly pushes: PushGateway;
  readonly pushLedger: PushLedger;
  readonly keyValue: KeyValue;
  readonly rates: RateLimiter;
  readonly presence: PresenceLeases;
  readonly bus: EventBus;
  readonly signals: Signals;
  readonly fanOut: FanOut;
  readonly publisher: Publisher;
  readonly tokens: AccessTokens;
  readonly hasher: SecretHasher;
  readonly sms: Sms;
  /** Where the times of sends are noted. */
  readonly sendTimes?: SendTimes | undefined;
  /** Chats with their members, cached briefly. */
  readonly chatCache: ChatCache;
  /** Changes of a chat, one at a time. */
  readonly chatTurns: Turns;
  /** Addresses of files, the same for some minutes. */
  readonly mediaLinks: MediaLinks;
  /** Sends gather here for the next commit. */
  readonly sendQueue: SendQueue;
  /** Read and delivered positions gather here for the next commit. */
  readonly positions: PositionWriter;
}

/** Who asks, on whose behalf something is done. */
export interface Caller {
  readonly userId: string;
  readonly sessionId: string;
  readonly requestId: string;
  /** The live connection that asks, where there is one. */
  readonly connectionId?: string | undefined;
  /** W3C `traceparent`, where tracing is on. */
  readonly trace?: string | undefined;
  /** When the request was found valid, as `performance.now()` has it; where that is noted. */
  readonly validAt?: number | undefined;
}
