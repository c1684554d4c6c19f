// One install (or build) at a time per clone: a lock file that a killed process cannot leave locked.
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const heartbeatMs = 2_000;
/** A holder that has not touched its file for this long is gone, even if its process number lives on as another. */
const abandonedMs = 30_000;

/**
 * Waits for the lock and takes it. A lock whose process is gone is taken over.
 *
 * @param {string} file where the lock is kept; its directory is created
 * @param {string} work what its holder does, for who has to wait
 * @returns {Promise<{ include(pid: number): void, release(): void }>} `include` says that another process works under
 *   the lock as well: should this one be killed, the lock holds until that one has ended too
 */
export async function acquireInstallLock(file, work = 'installs the dependencies') {
  mkdirSync(dirname(file), { recursive: true });
  for (let announced = false; ; ) {
    if (tryCreate(file)) break;
    const holder = liveHolder(file);
    if (holder === undefined) {
      rmSync(file, { force: true });
      continue;
    }
    if (!announced) process.stderr.write(`Waiting for process ${holder}, which ${work} ...\n`);
    announced = true;
    await sleep(200);
  }
  const heartbeat = setInterval(() => touch(file), heartbeatMs);
  heartbeat.unref();
  const release = () => {
    clearInterval(heartbeat);
    process.off('exit', release);
    rmSync(file, { force: true });
  };
  process.once('exit', release);
  const include = (pid) => writeFileSync(file, `${process.pid} ${pid}`);
  return { include, release };
}

function tryCreate(file) {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A living process that holds the lock, or undefined when all are gone. */
function liveHolder(file) {
  try {
    const age = Date.now() - statSync(file).mtimeMs;
    const pids = readFileSync(file, 'utf8').split(' ').map(Number).filter(Boolean);
    if (age > abandonedMs) return undefined;
    // Just created and not yet written: its holder is alive.
    return pids.length === 0 ? '(unknown)' : pids.find(isAlive);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Removed by hand; the lock is lost, the install goes on.
  }
}
