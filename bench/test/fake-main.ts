import { startFakeServer } from './fake-server.ts';

/** The fake as a program, to be measured in place of the standalone server (`--server bench/test/fake-main.ts`). */
const server = await startFakeServer(Number(process.env.PORT));
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
