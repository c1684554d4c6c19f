/** `npm run stack` with programs that are quick to start. */
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/command.ts';

const entry = fileURLToPath(new URL('fake-program.ts', import.meta.url));
await runCommand(process.argv.slice(2), { api: entry, realtime: entry, workers: entry });
