/** Ports, or parts of ports, that no test there needs. */
import type { PushLedger } from '@parley/core';

/** Stands for a method. */
export function unused(): never {
  throw new Error('not needed here');
}

export const unusedLedger: PushLedger = {
  gather: unused,
  take: unused,
  close: unused,
  nextDue: unused,
  claim: unused,
  giveBack: unused,
  shown: unused,
  takeShown: unused,
  note: unused,
  why: unused,
  sweep: unused,
};
