/**
 * Stands where api, realtime or workers stand: says that it is ready, tells its environment over HTTP, and ends on SIGTERM.
 * FAKE_CRASH ends it before it is ready, FAKE_STUBBORN makes it ignore SIGTERM.
 */
import { createServer } from 'node:http';

process.stdout.write(`hello from process ${process.pid}\n`);
if (process.env.FAKE_CRASH) {
  process.stderr.write('this program is broken\n');
  process.exit(3);
}
const server = createServer((_request, response) => response.end(JSON.stringify(process.env)));
server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  process.send?.({ ready: { url: `http://127.0.0.1:${port}` } });
});
process.on('SIGTERM', () => {
  if (!process.env.FAKE_STUBBORN) process.exit(0);
});
