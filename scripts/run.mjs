// The entry of every npm script: `node scripts/run.mjs <task> [arguments]`.
// It installs the dependencies when needed, then runs the task under Node 24. It must itself run on Node 20 with
// nothing installed, so it is plain JavaScript and imports nothing from node_modules.
import { ensureInstalled, root, taskEnvironment } from './lib/install.mjs';
import { run } from './lib/spawn.mjs';

/**
 * What each task runs, in order; arguments from the command line go to the last step. The first step that fails
 * ends the task, unless `all` is set: then every step runs and the failing ones are listed at the end.
 * What a task needs beforehand (a build, say) goes in front of its steps.
 */
const tasks = {
  start: {
    steps: [
      ['node', 'scripts/build-web.ts'],
      ['node', 'apps/standalone/src/main.ts'],
    ],
  },
  test: { steps: [['node', 'node_modules/vitest/vitest.mjs', 'run']] },
  dev: { steps: [['turbo', 'run', 'dev']] },
  check: {
    all: true,
    steps: [
      ['node', 'scripts/generate.ts', '--check'],
      ['node', 'scripts/contract-break.ts'],
      ['tsc', '--noEmit', '-p', 'tsconfig.json'],
      ['biome', 'check', '.'],
    ],
  },
  generate: { steps: [['node', 'scripts/generate.ts']] },
  format: { steps: [['biome', 'check', '--write', '.']] },
  build: { steps: [['turbo', 'run', 'build']] },
  bench: { steps: [['node', 'bench/src/main.ts']] },
  stack: { steps: [['node', 'infra/stack/src/main.ts']] },
  ops: { steps: [['node', 'apps/workers/src/ops/main.ts']] },
  'android:client': { steps: [['node', 'scripts/android-client.ts']] },
  'contract:release': { steps: [['node', 'scripts/contract-break.ts', '--release']] },
  demo: { steps: [['node', 'examples/demo/src/main.ts']] },
};

/** Runs a task and returns the exit code for this process. */
async function main([name, ...args]) {
  const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined;
  if (!task) {
    const problem = name ? `There is no task '${name}'.` : 'No task was named.';
    process.stderr.write(`${problem} Tasks: ${Object.keys(tasks).join(', ')}\n`);
    return 2;
  }
  let node;
  try {
    node = await ensureInstalled();
  } catch (error) {
    process.stderr.write(`\n${error.message}\nThe dependencies could not be installed.\n`);
    return 1;
  }
  return runSteps(task, args, { cwd: root, env: taskEnvironment(node) });
}

async function runSteps({ steps, all = false }, args, options) {
  const failures = [];
  for (const [index, [command, ...fixed]] of steps.entries()) {
    const extra = index === steps.length - 1 ? args : [];
    const line = [command, ...fixed, ...extra].join(' ');
    if (all) process.stderr.write(`> ${line}\n`);
    const code = await run(command, [...fixed, ...extra], options);
    if (code === 0) continue;
    // Above 128 a signal ended it: whoever sent that wants the whole task to end.
    if (!all || code > 128) return code;
    failures.push({ line, code });
  }
  if (all) report(steps.length, failures);
  return failures.length > 0 ? 1 : 0;
}

function report(total, failures) {
  const lines = failures.map(({ line, code }) => `  ${line}  (exit code ${code})\n`);
  const result =
    failures.length > 0 ? `${failures.length} of ${total} steps failed:` : `All ${total} steps passed.`;
  process.stderr.write(`\n${result}\n${lines.join('')}`);
}

process.exitCode = await main(process.argv.slice(2));
