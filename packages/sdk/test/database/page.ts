/** The page's side of the tests in a browser. */
import { indexedDbDatabase } from '../../src/database/indexed-db.ts';
import { cases } from './cases.ts';

Object.assign(globalThis, {
  indexedDbDatabase,
  runCase: (name: string) => cases[name]?.(indexedDbDatabase({ name })),
});
