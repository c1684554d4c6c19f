import { runProgram } from '@parley/runtime';
import { banner } from './banner.ts';
import { createStandalone } from './standalone.ts';

await runProgram({
  name: 'Parley',
  start: (config) => createStandalone(config),
  banner: (program, config, startedMs) =>
    process.stdout.isTTY || config.logLevel !== 'silent' ? banner(program, config, startedMs) : '',
});
