import { ConfigError, parseConfig } from '@parley/platform';
import { banner } from './banner.ts';
import { createStandalone } from './standalone.ts';

try {
  const config = parseConfig(process.env);
  const started = performance.now();
  const parley = await createStandalone(config);
  if (process.stdout.isTTY || config.logLevel !== 'silent') {
    process.stdout.write(banner(parley, config, performance.now() - started));
  }
  // A promise that nobody waited for must not end everybody's conversations.
  process.on('unhandledRejection', (error) => {
    parley.runtime.log.error({ err: error }, 'something failed that nobody waited for');
  });
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    const { log } = parley.runtime;
    log.info({ signal }, 'stopping');
    // A drain that hangs must not keep the process: what was accepted is stored, so nothing is lost by leaving.
    setTimeout(() => process.exit(1), config.shutdownSeconds * 1000).unref();
    await parley.close();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`Parley cannot start: ${message}\n`);
  if (!(error instanceof ConfigError) && process.env.LOG_LEVEL === 'debug') console.error(error);
  process.exit(1);
}
