/** What every push ledger does. Times are what the caller says they are, so nothing waits. */
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import type { PushLedgerEngine } from './push-ledger-kit.ts';
import { pushProperties } from './push-ledger-properties.ts';
import { pushRaces } from './push-ledger-races.ts';
import { pushRemembered } from './push-ledger-remembered.ts';
import { pushWindows } from './push-ledger-windows.ts';

export type { PushLedgerEngine } from './push-ledger-kit.ts';

export function pushLedgerContract(name: string, open: () => Promise<PushLedgerEngine>): void {
  describe(`push ledger (${name})`, () => {
    let engine: PushLedgerEngine;
    beforeAll(async () => {
      engine = await open();
      await engine.clear();
    });
    afterEach(() => engine.clear());
    afterAll(() => engine?.close());

    const ledgers = () => engine.both;
    pushWindows(ledgers);
    pushRaces(ledgers);
    pushRemembered(ledgers, (ms) => engine.pass(ms));
    pushProperties(ledgers, () => engine.clear());
  });
}
