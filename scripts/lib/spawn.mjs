// Runs one command in the foreground as if it had been started directly: same terminal, same signals, same exit code.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** npm passes on a signal that the terminal has sent as well; the second of such a pair is dropped. */
const duplicateMs = 500;
const parentCheckMs = 250;

/**
 * Runs a command until it ends, on this process's own stdin, stdout and stderr. SIGINT, SIGTERM and SIGHUP reach
 * the command, whether they were sent to this process or came from the terminal. A signal sent to the whole process
 * group by another program reaches it twice within milliseconds, directly and from here: nothing here can tell.
 *
 * @param {string} command a program, looked up in options.env.PATH
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} the exit code; 128 + n when signal n ended the command, 127 when it could not be started
 */
export function run(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: 'inherit' });
  const last = new Map();
  const forward = (signal) => {
    const now = performance.now();
    const duplicate = now - (last.get(signal) ?? -Infinity) < duplicateMs;
    last.set(signal, now);
    if (!duplicate && !(signal === 'SIGINT' && isForeground())) child.kill(signal);
  };
  for (const signal of forwarded) process.on(signal, forward);
  const stopWatching = watchParent(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    const end = (code) => {
      stopWatching();
      for (const signal of forwarded) process.off(signal, forward);
      resolve(code);
    };
    child.once('error', (error) => {
      process.stderr.write(`${command} could not be started: ${error.message}\n`);
      end(127);
    });
    child.once('exit', (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/**
 * Tells when npm's shell, which is our parent, has gone. npm passes SIGTERM to that shell alone, which ends without
 * telling anyone; `kill $(pidof npm)` would leave the command running. Started by hand we may outlive our parent.
 */
function watchParent(onGone) {
  if (!process.env.npm_lifecycle_event) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, parentCheckMs);
  return () => clearInterval(timer);
}

/**
 * Whether this process is in the foreground of a terminal. Ctrl-C goes to all processes there, so the command has
 * received that SIGINT already. (A process group of its own would avoid the question, but then killing our group
 * would leave the command running.)
 */
function isForeground() {
  try {
    // proc_pid_stat(5), after the name in parentheses: state, ppid, pgrp, session, tty_nr, tpgid.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foregroundGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foregroundGroup;
  } catch {
    return Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);
  }
}
