import { createCore } from '@parley/core';
import { createLog, Metrics, parseConfig, Readiness } from '@parley/platform';
import type { Runtime } from '@parley/runtime';
import {
  FakeBus,
  FakeClock,
  FakeFanOut,
  FakeKeyValue,
  FakePresence,
  FakeRates,
  FakeSignals,
  FakeTokens,
  fakeHasher,
  fakePublisher,
  fakeSms,
} from './fake-engines.ts';
import { FakeMessages } from './fake-messages.ts';
import { FakeChats, FakePrivacy, FakeUsers, fakeSessions } from './fake-stores.ts';

/** A whole runtime in memory, with its fakes at hand. */
export function fakeRuntime() {
  const config = parseConfig({ LOG_LEVEL: 'error' });
  /** What the log said, one JSON line each. */
  const logged: string[] = [];
  const log = createLog(config, 'realtime-test', { write: (line) => void logged.push(line) });
  const clock = new FakeClock();
  const bus = new FakeBus();
  const fakes = {
    clock,
    bus,
    users: new FakeUsers(),
    chats: new FakeChats(),
    messages: new FakeMessages(),
    privacy: new FakePrivacy(),
    keyValue: new FakeKeyValue(),
    rates: new FakeRates(),
    presence: new FakePresence(),
    signals: new FakeSignals(),
    fanOut: new FakeFanOut(),
    tokens: new FakeTokens(clock),
  };
  const core = createCore({
    ...fakes,
    settings: { otpEcho: false },
    log,
    sessions: fakeSessions,
    publisher: fakePublisher(bus),
    hasher: fakeHasher,
    sms: fakeSms,
  });
  const runtime: Runtime = {
    config,
    core,
    log,
    metrics: new Metrics({ process: false }),
    readiness: new Readiness(),
    leases: { hold: async () => true, release: async () => undefined },
    inbox: null,
    async start() {},
    async settled() {
      await core.sendQueue.settled();
      await core.positions.settled();
    },
    async close() {},
  };
  return { ...fakes, core, runtime, logged };
}

export type FakeRuntime = ReturnType<typeof fakeRuntime>;
