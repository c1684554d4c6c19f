/** What somebody meets who starts Parley wrongly, and how it stops. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { newPhone, startParley } from '../support/parley.ts';
import { ioSocket, rawSocket } from '../support/sockets.ts';

/** Runs the program until it ends by itself. */
function run(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['apps/standalone/src/main.ts'], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

it('refuses production with weak settings, and says which', async () => {
  const { code, output } = await run({
    NODE_ENV: 'production',
    OTP_ECHO: 'true',
    JWT_SECRET: 'a'.repeat(40),
  });
  expect(code).toBe(1);
  expect(output).toContain('OTP_ECHO must not be true in production');
  expect(output).toContain('JWT_SECRET must not be guessable');
  expect(output).not.toContain('aaaa');
});

it('says plainly that the port is taken', async () => {
  await using parley = await startParley();
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const { code, output } = await run({
    PORT: String(port),
    DATABASE_URL: parley.databaseUrl,
    LOG_LEVEL: 'silent',
  });
  other.close();
  expect([code, output.trim()]).toEqual([
    1,
    `Parley cannot start: port ${port} is taken: set PORT to another one, or to 0 for any`,
  ]);
});

it('stops in order: sockets close with 1012 and what was accepted is kept', async () => {
  await using parley = await startParley();
  const second = await parley.another();
  const [ada, ben] = [await second.rest.signIn(newPhone()), await second.rest.signIn(newPhone())];
  const chat = await second.rest.chat(ada, ben);
  const [raw, io] = [await rawSocket(second.url, ada.token), await ioSocket(second.url, ben.token)];
  const burst = Array.from({ length: 50 }, (_, n) => raw.send(chat, `${n}`).catch(() => undefined));
  const first = await burst[0];
  expect(first?.seq).toBe(1);
  await second[Symbol.asyncDispose]();
  expect(await raw.closed).toBe(1012);
  await io.closed;
  // Whatever was acknowledged is in the history that another instance shows.
  const acknowledged = raw.received
    .filter((frame) => frame.event === 'message.sent')
    .map((frame) => frame.data.seq);
  const history = await parley.rest.call<{ messages: { seq: number }[] }>(
    'GET',
    `/chats/${chat}/messages?limit=100`,
    {
      token: ada.token,
    },
  );
  const stored = history.data.messages.map((message) => message.seq);
  for (const seq of acknowledged) expect(stored).toContain(seq);
});
