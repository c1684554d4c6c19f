/** A page that loads a part as the SDK does. */
import { chunk } from '../../src/lib/chunk.ts';

Object.assign(globalThis, { chunk });
