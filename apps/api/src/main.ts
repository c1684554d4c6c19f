import { runProgram } from '@parley/runtime';
import { startApi } from './program.ts';

await runProgram({ name: 'api', start: startApi });
