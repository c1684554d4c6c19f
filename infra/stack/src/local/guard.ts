/**
 * Sees to it that a child process does not outlive this one, and that its directory goes too.
 *
 * An orderly end is the 'exit' event. For an end by a signal (SIGKILL among them) a shell waits on a pipe from this process:
 * the system closes the pipe whatever happens, and then the shell ends the child. It runs in a session of its own, so that
 * Ctrl-C does not reach it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

/** Reads process numbers, the last one counts and 0 is none. After 'done' there is nothing left to do. */
const script = `
pid=0
while read -r line; do
  [ "$line" = done ] && exit 0
  pid=$line
done
if [ "$pid" -gt 0 ]; then
  kill -s CONT "$pid"
  kill -s "$1" "$pid"
  tries=0
  while kill -0 "$pid" && [ "$tries" -lt 150 ]; do tries=$((tries + 1)); sleep 0.1; done
  kill -s KILL "$pid"
fi 2>/dev/null
[ -z "$2" ] || rm -rf "$2"
`;

const active = new Set<Guard>();
let listening = false;

export interface GuardOptions {
  /** What ends the child when this process was killed; SIGKILL for what nobody needs any more. */
  signal: 'KILL' | 'TERM' | 'INT' | 'QUIT';
  /** Removed at the end; null leaves everything where it is. */
  directory: string | null;
}

export class Guard {
  readonly #options: GuardOptions;
  readonly #shell: ChildProcess;
  #pid = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#shell = spawn('/bin/sh', ['-c', script, 'sh', options.signal, options.directory ?? ''], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // Without a shell the 'exit' event is all there is.
    this.#shell.on('error', () => {});
    this.#shell.stdin?.on('error', () => {});
    this.#shell.unref();
    active.add(this);
    if (!listening) process.on('exit', endAll);
    listening = true;
  }

  /** The process to end; null while there is none. */
  watch(pid: number | null): void {
    this.#pid = pid ?? 0;
    this.#shell.stdin?.write(`${this.#pid}\n`);
  }

  /** Removes the directory. The child must have ended. */
  release(): void {
    if (!active.delete(this)) return;
    this.#shell.stdin?.end('done\n');
    this.#remove();
  }

  /** @internal for the 'exit' event: everything at once, as nothing can be waited for. */
  end(): void {
    const { signal } = this.#options;
    if (this.#pid > 0) {
      try {
        process.kill(this.#pid, `SIG${signal}`);
        process.kill(this.#pid, 'SIGCONT');
      } catch {
        // It has ended already.
      }
    }
    this.#remove();
  }

  #remove(): void {
    if (this.#options.directory === null) return;
    try {
      rmSync(this.#options.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    } catch {
      // Something still writes there. The shell removes it once the process has ended.
    }
  }
}

function endAll(): void {
  for (const guard of active) guard.end();
}
