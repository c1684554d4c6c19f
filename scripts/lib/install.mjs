// Makes sure the dependencies in package-lock.json are installed, so that every npm script works on a fresh clone.
// Plain JavaScript on Node's own modules: it runs on Node 20, before anything is installed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { acquireInstallLock } from './install-lock.mjs';
import { runNpm } from './npm.mjs';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

const modules = join(root, 'node_modules');
const binaries = join(modules, '.bin');
const stampFile = join(modules, '.parley-install');
/** The Node that the project is written for runs TypeScript by itself. */
const requiredNodeMajor = 24;

/**
 * Installs the dependencies unless they are installed already (about 2 ms then), one process at a time.
 *
 * @returns the path of the Node to run tasks under, version 24 or later
 * @throws {Error} when npm fails; the message holds what npm printed
 */
export async function ensureInstalled() {
  if (isInstalled()) return nodeBinary();
  const lock = await acquireInstallLock(join(root, '.data', 'install.lock'));
  try {
    // Another process may have installed everything while this one waited for the lock.
    if (!isInstalled()) await install((...args) => runNpm(root, args, lock.include));
  } finally {
    lock.release();
  }
  return nodeBinary();
}

/** The environment for tasks: `node` and every installed tool are found first. */
export function taskEnvironment(node) {
  const path = [binaries, dirname(node), process.env.PATH ?? ''].join(delimiter);
  return { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: '1' };
}

async function install(npm) {
  const started = performance.now();
  process.stderr.write('Installing dependencies (once) ...');
  try {
    rmSync(stampFile, { force: true });
    await installPackages(npm);
    await placeNode(npm);
    writeFileSync(stampFile, stamp());
  } catch (error) {
    process.stderr.write(' failed\n');
    throw error;
  }
  process.stderr.write(` ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

async function installPackages(npm) {
  // NODE_ENV=production would leave out what runs the tasks.
  const options = ['--include=dev', '--include=optional'];
  // npm writes this file when an install is complete; then changing what differs is enough and takes a second.
  // Without it the tree is missing or was left half-made, and is made anew.
  if (existsSync(join(modules, '.package-lock.json'))) {
    await npm('install', '--no-save', ...options);
    return;
  }
  try {
    await npm('ci', ...options);
  } catch (error) {
    // `npm ci` refuses a lockfile that lacks an optional package for another platform, as npm writes it when a
    // registry mirror lacks that package. `npm install` takes the same versions and leaves the lockfile alone.
    if (!/\bEUSAGE\b/.test(error.message)) throw error;
    await npm('install', '--no-save', ...options);
  }
}

/** Runs the one install script that is needed: it places Node's binary for this platform in the package `node`. */
async function placeNode(npm) {
  const pinned = join(modules, 'node');
  if (!existsSync(join(pinned, 'package.json')) || existsSync(join(pinned, 'bin', 'node'))) return;
  try {
    await npm('rebuild', 'node', '--ignore-scripts=false');
  } catch (error) {
    if (!runningNodeWillDo()) throw error;
  }
}

function nodeBinary() {
  const installed = join(binaries, 'node');
  if (existsSync(installed)) return installed;
  if (runningNodeWillDo()) return process.execPath;
  throw new Error(
    `Node ${requiredNodeMajor} is needed: this is ${process.version}, and npm did not provide one.`,
  );
}

function runningNodeWillDo() {
  return Number.parseInt(process.versions.node, 10) >= requiredNodeMajor;
}

function isInstalled() {
  try {
    return (
      readFileSync(stampFile, 'utf8') === stamp() &&
      (existsSync(join(binaries, 'node')) || runningNodeWillDo())
    );
  } catch {
    return false;
  }
}

function stamp() {
  const lockfile = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(`${process.platform} ${process.arch}\n`).update(lockfile).digest('hex');
}
