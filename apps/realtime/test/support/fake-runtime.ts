import { createCore } from '@parley/core';
import { createLog, Metrics, parseConfig, Readiness } from '@parley/platform';
import type { Runtime } from '@parley/runtime';
import { unusedLedger } from '../../../../tests/support/unused.ts';
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
import { FakeMedia, fakeDevices, fakeMediaTools, fakeObjects, fakePushes } from './fake-media.ts';
import { FakeMessages } from './fake-messages.ts';
import { FakeContacts, FakeMarks, FakePrivacy } from './fake-people.ts';
import { FakeChats, FakeUsers, fakeSessions } from './fake-stores.ts';

/** What instances of one cluster share. */
function sharedFakes() {
  const clock = new FakeClock();
  const users = new FakeUsers();
  const privacy = new FakePrivacy(users);
  return {
    clock,
    users,
    privacy,
    bus: new FakeBus(),
    chats: new FakeChats(),
    messages: new FakeMessages(),
    contacts: new FakeContacts(users, privacy),
    marks: new FakeMarks(users),
    media: new FakeMedia(),
    keyValue: new FakeKeyValue(),
    rates: new FakeRates(),
    presence: new FakePresence(),
    signals: new FakeSignals(),
    tokens: new FakeTokens(clock),
  };
}

export type SharedFakes = ReturnType<typeof sharedFakes>;

/** A whole runtime in memory, with its fakes at hand. */
export function fakeRuntime(shared: SharedFakes = sharedFakes()) {
  const config = parseConfig({ LOG_LEVEL: 'error' });
  /** What the log said, one JSON line each. */
  const logged: string[] = [];
  const log = createLog(config, 'realtime-test', { write: (line) => void logged.push(line) });
  const fakes = { ...shared, fanOut: new FakeFanOut() };
  const core = createCore({
    ...fakes,
    settings: { otpEcho: false },
    log,
    sessions: fakeSessions,
    publisher: fakePublisher(shared.bus),
    hasher: fakeHasher,
    sms: fakeSms,
    objects: fakeObjects,
    mediaTools: fakeMediaTools,
    devices: fakeDevices,
    pushes: fakePushes,
    pushLedger: unusedLedger,
  });
  const runtime: Runtime = {
    config,
    core,
    log,
    metrics: new Metrics({ process: false }),
    readiness: new Readiness(),
    leases: { hold: async () => true, release: async () => undefined },
    inbox: null,
    objectUrls: null,
    sweepObjects: null,
    async start() {},
    async settled() {
      await core.sendQueue.settled();
      await core.positions.settled();
    },
    async close() {},
  };
  return { ...fakes, shared, core, runtime, logged };
}

export type FakeRuntime = ReturnType<typeof fakeRuntime>;
