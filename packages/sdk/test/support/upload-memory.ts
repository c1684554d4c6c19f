/** A program: uploads a file by its path, and says by how many bytes its memory grew at most meanwhile. */
import { createClient } from '../../src/index.ts';
import { fileFrom } from '../../src/node.ts';

const [, , url = '', path = '', small = ''] = process.argv;
await using client = createClient({ url });
await client.signIn({ phone: '+491511234567', requestCode: ({ otp_dev }) => otp_dev ?? '' });
// What a program needs once is not what grows.
await client.media.upload(await fileFrom(small), { type: 'document' });
const before = process.memoryUsage.rss();
let most = before;
let last = 0;
await client.media.upload(await fileFrom(path), {
  type: 'document',
  onProgress: ({ loaded }) => {
    last = loaded;
    most = Math.max(most, process.memoryUsage.rss());
  },
});
console.log(JSON.stringify({ grown: most - before, last }));
