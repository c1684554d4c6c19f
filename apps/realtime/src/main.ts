import { runProgram } from '@parley/runtime';
import { startRealtime } from './program.ts';

await runProgram({ name: 'realtime', start: startRealtime });
