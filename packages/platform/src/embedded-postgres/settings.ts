// How the embedded PostgreSQL is set up: durable, and sized for one small machine.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';

const defaults: Record<string, string> = {
  // What a client was told is on disk.
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '128MB',
  // No replicas are fed from here, so the log holds only what a recovery needs.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_wal_size: '1GB',
  // Filling each new piece of the log with zeros first holds up commits for tens of milliseconds.
  wal_init_zero: 'off',
  checkpoint_completion_target: '0.9',
  max_connections: '60',
  // Queries here take milliseconds; compiling one takes longer.
  jit: 'off',
  random_page_cost: '1.1',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The reader of the log adds the time.
  log_line_prefix: '',
  log_checkpoints: 'off',
};

/**
 * All settings of a server, as command line arguments of postgres.
 *
 * @param dataDir an existing PostgreSQL data directory
 * @param overrides settings by name that replace or add to ours
 */
export async function settingArguments(
  binaries: Binaries,
  dataDir: string,
  overrides: Record<string, string> = {},
): Promise<string[]> {
  const compression = await logCompression(binaries, dataDir);
  const settings = { ...defaults, wal_compression: compression, ...overrides };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** lz4 costs next to nothing and halves the log, but not every build has it; pglz would cost more than it saves. */
async function logCompression({ postgres }: Binaries, dataDir: string): Promise<string> {
  try {
    const ask = ['-C', 'wal_compression', '-D', dataDir, '-c', 'wal_compression=lz4'];
    await promisify(execFile)(postgres, ask);
    return 'lz4';
  } catch {
    return 'off';
  }
}
