/**
 * Makes the web client's files where they are not there or are out of date: the step before `npm start`. With `--must` it fails where
 * they cannot be made.
 */
import { ensureWeb } from './lib/web.ts';

const since = performance.now();
try {
  const made = await ensureWeb(() => process.stderr.write('Building the web client ...\n'));
  if (made) process.stderr.write(`Built in ${((performance.now() - since) / 1000).toFixed(1)} s.\n`);
} catch (error) {
  // The server is of use without its page.
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  const must = process.argv.includes('--must');
  process.stderr.write(`The web client could not be built${must ? '' : ': the server starts without it'}.\n`);
  if (must) process.exitCode = 1;
}
