/** The fan-out of a single process: every receiver is here, so there is nobody to send to. */
import type { FanOut } from '@parley/core';

export class MemoryFanOut implements FanOut {
  readonly solitary = true;

  async join(): Promise<void> {}

  async leave(): Promise<void> {}

  async send(): Promise<void> {}

  subscribe(): () => void {
    return () => {};
  }

  async loopback(): Promise<void> {}
}
