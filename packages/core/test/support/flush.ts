/** A worker's round, in one step. */
import { pushWindows, takePushWindows, type WindowPushParts } from '../../src/push/windows.ts';

/** Takes windows that are over and pushes what they hold; says how many there were. */
export async function flushPushWindows(core: WindowPushParts, limit: number): Promise<number> {
  const windows = await takePushWindows(core, limit);
  await pushWindows(core, windows);
  return windows.length;
}
