/** Starts stores, prints their process numbers and waits to be ended. */
import { startNats, startPostgres, startRedis } from '../../src/index.ts';

const stores = await Promise.all([
  startRedis({ own: true }),
  startNats({ own: true }),
  startPostgres({ own: true }),
]);
stores[0]?.pause();
process.stdout.write(`${JSON.stringify(stores.map(({ pid }) => pid))}\n`);
process.stdin.resume().on('end', () => process.exit(0));
