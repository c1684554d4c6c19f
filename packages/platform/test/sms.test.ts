import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLog, DevInbox, inboxSms, webhookSms } from '../src/index.ts';

let answer = 202;
const received: { authorization: string | undefined; body: unknown }[] = [];
const provider = createServer(async (request: IncomingMessage, response) => {
  received.push({ authorization: request.headers.authorization, body: JSON.parse(await text(request)) });
  response.statusCode = answer;
  response.end('whatever');
});
beforeAll(async () => {
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
});
afterAll(() => {
  provider.close();
  provider.closeAllConnections();
});
const url = () => `http://127.0.0.1:${(provider.address() as AddressInfo).port}/sms`;
const message = { to: '+491511234567', text: 'Your Parley code is 123456.', code: '123456' };

it('hands messages to the provider, with its token', async () => {
  await webhookSms(url(), 'key').send(message);
  await webhookSms(url(), null).send(message);
  const body = { to: message.to, text: message.text };
  expect(received).toEqual([
    { authorization: 'Bearer key', body },
    { authorization: undefined, body },
  ]);
});

it('says that no code is coming where the provider refuses or is away', async () => {
  answer = 500;
  await expect(webhookSms(url(), null).send(message)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  const nowhere = webhookSms('http://127.0.0.1:9/', null).send(message);
  await expect(nowhere).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});

it('keeps messages of a development server in its inbox, and nothing of them in the log', async () => {
  const lines: string[] = [];
  const inbox = new DevInbox();
  const heard: string[] = [];
  const stop = inbox.subscribe((item) => heard.push(item.text));
  const log = createLog({ logLevel: 'trace' }, 'test', { write: (line) => void lines.push(line) });
  await inboxSms(inbox, log).send(message);
  stop();
  await inboxSms(inbox, log).send({ ...message, code: '654321' });
  expect(inbox.list().map((item) => item.code)).toEqual(['654321', '123456']);
  expect(heard).toEqual([message.text]);
  expect(lines.join('')).not.toMatch(/123456|49151/);
});
