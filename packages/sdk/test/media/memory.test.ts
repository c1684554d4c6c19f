import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../support/client.ts';
import { mediaOf, succeed, takeUploads } from '../support/uploads.ts';

const program = fileURLToPath(new URL('../support/upload-memory.ts', import.meta.url));
const size = 100 * 2 ** 20;

test('100 MB by their path grow the memory by less than 50 MB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-memory-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [large, small] = [join(folder, 'large.zip'), join(folder, 'small.zip')];
  await writeFile(small, new Uint8Array(1_000_000));
  const file = await open(large, 'w');
  await file.truncate(size);
  await file.close();
  const server = await startServer();
  const side = takeUploads(server);
  let came = 0;
  side.before = (request, response) => {
    came = 0;
    request.on('data', (piece: Buffer) => {
      came += piece.length;
    });
    request.on('end', () => succeed(response, 201, mediaOf('document')));
    return true;
  };
  const { stdout } = await promisify(execFile)(process.execPath, [program, server.url, large, small]);
  const { grown, last } = JSON.parse(stdout);
  expect(last).toBe(size);
  expect(came).toBeGreaterThan(size);
  expect(grown).toBeLessThan(50 * 2 ** 20);
});
