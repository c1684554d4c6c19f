// Runs npm quietly.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs npm without showing its output. A signal to this process ends npm first, then this process.
 *
 * @param {string} root the directory to run in, that of package.json
 * @param {string[]} args
 * @param {(pid: number) => void} onStart told the process number of npm
 * @returns {Promise<void>}
 * @throws {Error} when npm fails or cannot be started; the message holds what it printed
 */
export function runNpm(root, args, onStart) {
  const modules = join(root, 'node_modules');
  // Under `npm start` these name the npm and the Node that are running. The Node in node_modules must not run npm,
  // which may be about to replace it: `npm start` puts it first in PATH, so it is taken out of there.
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const known = cli?.endsWith('npm-cli.js') && node && existsSync(node) && !node.startsWith(modules);
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.startsWith(modules));
  const child = spawn(
    known ? node : 'npm',
    [...(known ? [cli] : []), ...args, '--loglevel=error', '--no-progress'],
    {
      cwd: root,
      env: { ...process.env, PATH: path.join(delimiter) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  if (child.pid) onStart(child.pid);

  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  let interruption;
  const interrupt = (signal) => {
    interruption = signal;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, interrupt);

  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      for (const name of signals) process.off(name, interrupt);
      if (interruption) {
        process.stderr.write(' interrupted\n');
        process.exit(128 + constants.signals[interruption]);
      }
      if (code === 0) return resolve();
      const how = signal ? `was ended by ${signal}` : `exited with ${code}`;
      reject(new Error(`${output.trim()}\n\n\`npm ${args.join(' ')}\` ${how} (its output is above).`));
    });
  });
}
