/** The life of a program: configuration, start, signals, an orderly end. Every `main.ts` is a call of `runProgram`. */
import { type Config, ConfigError, parseConfig } from '@parley/platform';
import type { Runtime } from './runtime.ts';

export interface Program {
  readonly runtime: Runtime;
  /** Where it listens. */
  readonly url: string;
  /** Stops in order: no new work, then connections, then what was accepted, then the stores. */
  close(): Promise<void>;
}

export interface ProgramOptions {
  name: string;
  start(config: Config): Promise<Program>;
  /** What is written to the terminal once it runs; `startedMs` is the time it took. */
  banner?(program: Program, config: Config, startedMs: number): string;
}

/**
 * Runs until a signal. SIGTERM and SIGINT drain within SHUTDOWN_SECONDS. A parent that holds an IPC channel is sent
 * `{ ready: { url } }`. Whatever keeps it from starting is said plainly and ends it with 1.
 */
export async function runProgram(options: ProgramOptions): Promise<void> {
  try {
    const config = parseConfig(process.env);
    const started = performance.now();
    // As process 1 of a container it would otherwise not be stopped while it waits for its stores.
    const leave = (signal: NodeJS.Signals) => process.exit(signal === 'SIGINT' ? 130 : 143);
    process.once('SIGTERM', leave).once('SIGINT', leave);
    const program = await options.start(config);
    process.off('SIGTERM', leave).off('SIGINT', leave);
    stopOnSignals(program, config);
    const banner = options.banner?.(program, config, performance.now() - started);
    if (banner !== undefined) process.stdout.write(banner);
    process.send?.({ ready: { url: program.url } });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${options.name} cannot start: ${message}\n`);
    if (!(error instanceof ConfigError) && process.env.LOG_LEVEL === 'debug') console.error(error);
    process.exit(1);
  }
}

function stopOnSignals(program: Program, config: Config): void {
  const { log } = program.runtime;
  // A promise that nobody waited for must not end everybody's conversations.
  process.on('unhandledRejection', (error) => {
    log.error({ err: error }, 'something failed that nobody waited for');
  });
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    // A drain that hangs must not keep the process: what was accepted is stored, so nothing is lost by leaving.
    setTimeout(() => process.exit(1), config.shutdownSeconds * 1000).unref();
    await program.close();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/**
 * What programs that run beside others need: stores that all of them reach. Errors: `ConfigError` with what is missing.
 */
export function requireShared(config: Config, program: string): void {
  const problems: string[] = [];
  const needed = {
    DATABASE_URL: config.databaseUrl,
    REDIS_URL: config.redisUrl,
    NATS_URL: config.natsUrl,
    JWT_SECRET: config.jwtSecret,
  };
  for (const [name, value] of Object.entries(needed)) {
    if (value === null) problems.push(`${name} must be set: ${program} runs beside other programs`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
