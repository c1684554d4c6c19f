/** Run as a child: puts 200 MB into an object store and prints by how many MB the process grew at most. */
import { Readable } from 'node:stream';
import { FileObjectStore, S3ObjectStore } from '../src/index.ts';

const [kind, options] = process.argv.slice(2) as [string, string];
const store =
  kind === 'file'
    ? new FileObjectStore(options, { signingSecret: 'not used', baseUrl: '' })
    : new S3ObjectStore(JSON.parse(options));
await store.start();

// One and the same, in pieces as a socket brings them: what the source throws away is not what the store holds.
const piece = Buffer.alloc(64 * 1024, 'parley');
function megabytes(count: number): Readable {
  const pieces = function* () {
    for (let n = 0; n < count * 16; n++) yield piece;
  };
  return Readable.from(pieces(), { objectMode: false });
}
// First a smaller one, so that what is loaded once is not counted.
await store.put('memory/warm', megabytes(50), {
  contentType: 'text/plain',
});
const before = process.memoryUsage.rss();
let peak = before;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);
const { size } = await store.put('memory/big', megabytes(200), {
  contentType: 'text/plain',
});
clearInterval(watch);
process.stdout.write(JSON.stringify({ size, grownMb: Math.round((peak - before) / 1024 / 1024) }));
process.exit(0);
