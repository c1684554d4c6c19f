/** Builds what a fake `go` makes; told which cache and PATH by the environment. */
import { startNats } from '../../src/index.ts';

try {
  await startNats({ own: true, sources: ['build'] });
} catch (error) {
  // The fake builds a program that is no server.
  process.stdout.write(`${(error as Error).message}\n`);
}
