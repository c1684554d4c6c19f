/** A gateway that speaks to a fake FCM, what it logs and counts, and pushes to send. */
import type { Log, Push } from '@parley/core';
import { afterAll } from 'vitest';
import { FcmGateway, type FcmOptions, type PushMetrics, readFcmAccount } from '../../src/push/index.ts';
import { type FakeFcm, type FcmTestAccount, startFakeFcm, writeFcmAccount } from './fake-fcm.ts';

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: Record<string, unknown>;
  message: string;
}

export interface Pushing extends AsyncDisposable {
  fcm: FakeFcm;
  gateway: FcmGateway;
  lines: LogLine[];
  /** Outcomes and breaker states, in the order in which they came. */
  counted: { outcomes: string[]; seconds: number[]; breaker: number[] };
}

export function logInto(lines: LogLine[]): Log {
  const at = (level: LogLine['level']) => (fields: object, message: string) =>
    void lines.push({ level, fields: fields as Record<string, unknown>, message });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** One for all tests of a file: making its key takes a while. */
let account: Promise<FcmTestAccount> | undefined;
afterAll(async () => (await account)?.remove());

/** Waits are short, so that tests are; `options` take their place. */
export async function startPushing(options: Partial<FcmOptions> = {}): Promise<Pushing> {
  account ??= writeFcmAccount();
  const { path } = await account;
  const fcm = await startFakeFcm();
  const lines: LogLine[] = [];
  const counted: Pushing['counted'] = { outcomes: [], seconds: [], breaker: [] };
  const metrics: PushMetrics = {
    pushes: { inc: ({ outcome }) => void counted.outcomes.push(outcome) },
    duration: { observe: (_labels, seconds) => void counted.seconds.push(seconds) },
    breaker: { set: (state) => void counted.breaker.push(state) },
  };
  const gateway = await FcmGateway.create({
    account: readFcmAccount(path),
    log: logInto(lines),
    endpoint: fcm.url,
    metrics,
    retryDelayMs: 5,
    timeoutMs: 2000,
    retryForMs: 4000,
    ...options,
  });
  const stop = async () => {
    await gateway.close();
    await fcm.close();
  };
  return { fcm, gateway, lines, counted, [Symbol.asyncDispose]: stop };
}

export function pushTo(token: string, changes: Partial<Push> = {}): Push {
  return {
    token,
    platform: 'android',
    priority: 'high',
    ttlSeconds: 86_400,
    data: {
      type: 'new_message',
      chat_id: '0190a0aa-0000-7000-8000-000000000001',
      chat_type: 'direct',
      message_id: '0190a0aa-0000-7000-8000-000000000002',
      sender_name: 'Ada',
      message_preview: 'See you at the lake?',
      message_type: 'text',
      timestamp: '1764000000000',
    },
    ...changes,
  };
}
