/** A client in a process of its own: `pour.ts <port> <token> <count> <bytes>` uploads so many videos at once and prints the statuses. */
import { once } from 'node:events';
import { request } from 'node:http';

const [port, token, count, bytes] = process.argv.slice(2);
const boundary = 'pour';
const piece = Buffer.alloc(64 * 1024, 'v');
const head = `--${boundary}\r\nContent-Disposition: form-data; name="type"\r\n\r\nvideo\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="v.mp4"\r\n\r\n`;

async function upload(): Promise<number | undefined> {
  const sent = request({
    port: Number(port),
    host: '127.0.0.1',
    method: 'POST',
    path: '/api/v1/media/upload',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
  });
  const answered = once(sent, 'response');
  sent.write(head);
  for (let done = 0; done < Number(bytes); done += piece.length) {
    await new Promise((resolve) => sent.write(piece, resolve));
  }
  sent.end(`\r\n--${boundary}--\r\n`);
  const [response] = await answered;
  response.resume();
  return response.statusCode;
}

const statuses = await Promise.all(Array.from({ length: Number(count) }, upload));
process.stdout.write(JSON.stringify(statuses));
process.exit(0);
