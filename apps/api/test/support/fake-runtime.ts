/** A runtime without engines: stores in memory, everything else the embedded engines that need none. */

import { type CoreParts, createCore } from '@parley/core';
import {
  type Config,
  createLog,
  DevInbox,
  inboxSms,
  JwtAccessTokens,
  MemoryFanOut,
  MemoryKeyValue,
  MemoryPresence,
  MemoryRateLimiter,
  MemorySignals,
  Metrics,
  parseConfig,
  Readiness,
} from '@parley/platform';
import type { Runtime } from '@parley/runtime';
import { unused, unusedLedger } from '../../../../tests/support/unused.ts';
import { FakeDevices, FakeMedia, FakeTools, TestObjects } from './fake-media.ts';
import {
  FakeChats,
  FakeMessages,
  FakePrivacy,
  FakeSessions,
  FakeUsers,
  fakeContacts,
  fakeMarks,
} from './fake-stores.ts';

export interface FakeRuntime extends Runtime {
  users: FakeUsers;
  chats: FakeChats;
  media: FakeMedia;
  tools: FakeTools;
  devices: FakeDevices;
  /** In a folder of its own, made by `start`. */
  objects: TestObjects;
  inbox: DevInbox | null;
  /** Every line that was logged. */
  logged: Record<string, unknown>[];
  clock: { now(): number; advance(ms: number): void };
}

export interface FakeOptions {
  /** As the environment would give them. */
  env?: Record<string, string>;
  parts?: Partial<CoreParts>;
  withInbox?: boolean;
  /** Whether this server serves the files itself; it does unless told otherwise. */
  withObjects?: boolean;
}

const secret = 'a secret for tests that is long enough';

/** Makes the runtime; without `env`, rate limits are lifted and every request is logged. */
export function fakeRuntime(options: FakeOptions = {}): FakeRuntime {
  const config: Config = parseConfig({ LOG_LEVEL: 'debug', RATE_LIMIT_SCALE: '0', ...options.env });
  const logged: Record<string, unknown>[] = [];
  const log = createLog(config, 'test', { write: (line) => logged.push(JSON.parse(line)) });
  const inbox = (options.withInbox ?? true) ? new DevInbox() : null;
  let offset = 0;
  const clock = {
    now: () => Date.now() + offset,
    advance(ms: number) {
      offset += ms;
    },
  };
  const users = new FakeUsers();
  const chats = new FakeChats();
  const media = new FakeMedia();
  const tools = new FakeTools();
  const devices = new FakeDevices();
  const objects = new TestObjects(clock);
  const core = createCore({
    settings: { otpEcho: config.otpEcho },
    clock,
    log,
    users,
    sessions: new FakeSessions(),
    chats,
    messages: new FakeMessages(),
    privacy: new FakePrivacy(),
    contacts: fakeContacts,
    marks: fakeMarks,
    media,
    mediaTools: tools,
    objects,
    devices,
    pushes: { send: unused },
    pushLedger: unusedLedger,
    keyValue: new MemoryKeyValue(clock),
    rates: new MemoryRateLimiter(config.rateLimits, config.rateLimitScale),
    presence: new MemoryPresence(clock),
    bus: { publish: async () => undefined, subscribe: () => () => undefined },
    signals: new MemorySignals(log),
    fanOut: new MemoryFanOut(),
    publisher: { publish: () => undefined },
    tokens: new JwtAccessTokens({ current: secret, previous: null }, clock),
    hasher: {
      hash: async (plain) => `hash of ${plain}`,
      matches: async (plain, hash) => hash === `hash of ${plain}`,
    },
    sms: inboxSms(inbox, log),
    ...options.parts,
  });
  return {
    config,
    core,
    log,
    metrics: new Metrics({ process: false }),
    readiness: new Readiness(),
    leases: { hold: async () => true, release: async () => undefined },
    inbox,
    objectUrls: (options.withObjects ?? true) ? objects : null,
    sweepObjects: null,
    start: () => objects.start(),
    settled: async () => undefined,
    close: () => objects.remove(),
    users,
    chats,
    media,
    tools,
    devices,
    objects,
    logged,
    clock,
  };
}
