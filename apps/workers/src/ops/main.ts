/** `npm run ops`. */
import { parseConfig } from '@parley/platform';
import { openOperator } from '@parley/runtime';
import { runOps } from './run.ts';

process.exitCode = await runOps(process.argv.slice(2), {
  open: () => openOperator(parseConfig(process.env)),
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
});
