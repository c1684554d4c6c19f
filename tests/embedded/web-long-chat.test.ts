/** A chat of 100,000 messages: opened at once, scrolled far back and to its end again, in a page that does not grow. */

import { Client } from 'pg';
import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchMoves } from '../../apps/web/test/support/conversation.ts';
import { hasBrowser, startWeb, Visitor, type Web } from '../support/web.ts';

const total = 100_000;
/** Messages that are scrolled through. */
const back = 1500;

describe.skipIf(!hasBrowser)('a very long chat', () => {
  let web: Web;
  let mina: Visitor;
  let chatId: string;
  let devtools: CDPSession;

  beforeAll(async () => {
    web = await startWeb();
    const { browser, parley } = web;
    const [jonas, user] = [await parley.user('Jonas'), await parley.user('Mina')];
    chatId = await parley.rest.chat(jonas, user);
    await fill(parley.databaseUrl, chatId, [jonas.id, user.id]);
    mina = await Visitor.open(browser, parley);
    mina.phone = user.phone;
    await mina.signIn();
    await mina.row(`Jonas.*No\\. ${total}`).waitFor();
    devtools = await mina.context.newCDPSession(mina.page);
  }, 120_000);
  afterAll(() => web?.[Symbol.asyncDispose]());

  /** Bytes that the page's scripts hold, without what is no longer needed. */
  async function heap(): Promise<number> {
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    return usedSize;
  }

  const numbers = () =>
    mina.page
      .locator('article [data-text]')
      .evaluateAll((all) => all.map((text) => Number(/No\. (\d+)/.exec(text.textContent ?? '')?.[1])));

  it('opens at once, scrolls far back and to its end again, and does not grow', async () => {
    const { page } = mina;
    const since = performance.now();
    await mina.go(`/c/${chatId}`);
    await mina.sees(`No. ${total} `);
    expect(performance.now() - since).toBeLessThan(10_000);
    const before = await heap();
    const moves = await watchMoves(page);
    const feed = page.getByRole('feed');
    await feed.hover();
    for (let turns = 0; Math.min(...(await numbers())) > total - back; turns++) {
      expect(turns).toBeLessThan(2000);
      await page.mouse.wheel(0, -500);
      await page.evaluate(
        () => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))),
      );
    }
    const seen = await moves();
    // Nothing jumped: what stayed in view kept its distances, and went the way that the wheel turned.
    expect(seen.apart).toBeLessThanOrEqual(1);
    expect(seen.back).toBeLessThanOrEqual(1);
    expect(seen.articles).toBeLessThan(150);
    const after = await heap();
    expect(after - before).toBeLessThan(16 * 2 ** 20);

    await mina.button(/^To the newest message/).click();
    await mina.sees(`No. ${total} `);
    await expect.poll(() => page.getByRole('article').count()).toBeLessThan(150);
    expect((await heap()) - before).toBeLessThan(16 * 2 ** 20);
    await mina.say('At the end of it');
    await mina.reached('At the end of it', 'sent');
    expect(mina.problems).toEqual([]);
  }, 90_000);
});

/** Stores the messages as they would be if they had been sent and read long ago: nobody is told of them any more. */
async function fill(url: string, chatId: string, people: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO messages (message_id, chat_id, seq, version, sender_id, client_msg_id, type, payload, fingerprint,
                             created_at, updated_at, tally)
       SELECT gen_random_uuid(), $1, n, n, ($2::uuid[])[1 + (n / 4) % 2], gen_random_uuid(), 'text',
              jsonb_build_object('body', 'No. ' || n || ' ' || repeat('and then some more ', (n * 7 % 5)::int)), '',
              now() - make_interval(secs => ($3 - n) * 30), now() - make_interval(secs => ($3 - n) * 30), n
       FROM generate_series(1, $3::bigint) AS n`,
      [chatId, people, total],
    );
    await client.query(
      `INSERT INTO message_heads AS h (chat_id, last_seq, last_version, last_tally, last_at)
       VALUES ($1, $2, $2, $2, now())
       ON CONFLICT (chat_id) DO UPDATE SET last_seq = $2, last_version = $2, last_tally = $2, last_at = now()`,
      [chatId, total],
    );
    await client.query('UPDATE chat_participants SET read_seq = $2, delivered_seq = $2 WHERE chat_id = $1', [
      chatId,
      total,
    ]);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
