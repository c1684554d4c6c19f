import { runProgram } from '@parley/runtime';
import { startWorkers } from './program.ts';

await runProgram({ name: 'workers', start: startWorkers });
