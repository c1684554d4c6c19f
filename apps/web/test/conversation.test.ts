// The conversation of the web client, as somebody uses it who looks at it in a browser.
import { existsSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { ParleyClient } from '@parley/sdk';
import { type Browser, chromium as engine } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureWeb } from '../../../scripts/lib/web.ts';
import { startParley, type TestParley } from '../../../tests/support/parley.ts';
import type { SignedIn } from '../../../tests/support/rest.ts';
import { person } from '../../../tests/support/sdk.ts';
import { chromium, fill, Seat, stands, watchMoves } from './support/conversation.ts';

/** What comes true soon, however busy the machine is. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 });

describe.skipIf(!existsSync(chromium.executablePath))('a conversation in a browser', () => {
  let browser: Browser;
  let parley: TestParley;
  let mina: SignedIn;
  let jonas: ParleyClient & { id: string };
  /** Mina's page. */
  let at: Seat;

  beforeAll(async () => {
    // Another build than the tree's can be tested, too.
    const { WEB_DIR } = process.env;
    if (WEB_DIR === undefined) await ensureWeb();
    parley = await startParley(WEB_DIR === undefined ? {} : { WEB_DIR });
    browser = await engine.launch(chromium);
    mina = await parley.user('Mina');
    jonas = await person(parley.url, 'Jonas');
    await jonas.realtime.connect();
    at = await Seat.take(browser, parley.url, mina);
  }, 120_000);
  afterAll(async () => {
    await at?.[Symbol.asyncDispose]();
    await jonas?.close();
    await browser?.close();
    await parley?.[Symbol.asyncDispose]();
  });

  /** A chat of Mina with somebody new, so that tests do not see each other's, open on her page. */
  async function chatWith(name: string) {
    const other = await person(parley.url, name);
    await other.realtime.connect();
    const { chat_id: chatId } = await other.chats.create({ type: 'direct', participant_id: mina.id });
    await at.open(chatId, name);
    const say = (body: string) => other.realtime.send({ chat_id: chatId, type: 'text', payload: { body } });
    return { other, chatId, say, [Symbol.asyncDispose]: () => other.close() };
  }

  test('a message that is sent shows at once, and its ticks follow the other side', async () => {
    await using chat = await chatWith('Aiko');
    await at.write('Are you there?\nIt is <b>me</b>: https://example.org/lake');
    await at.reached('Are you there?', 'sent');
    const link = at.message('Are you there?').locator('a');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow');
    expect(await at.message('Are you there?').locator('[data-text] b').count()).toBe(0);
    const [stored] = await parley.rest.history(mina, chat.chatId);
    await chat.other.realtime.delivered([stored?.message_id ?? '']);
    await at.reached('Are you there?', 'delivered');
    await chat.other.realtime.read(chat.chatId, stored?.message_id ?? '');
    await at.reached('Are you there?', 'read');
    expect(at.problems).toEqual([]);
  });

  test('what is written without a connection waits with a clock, also over a reload, and arrives once', async () => {
    await using chat = await chatWith('Berta');
    await at.offline(true);
    await at.write('Written on the boat');
    await at.reached('Written on the boat', 'pending');
    await at.page.goto('about:blank');
    await at.offline(false);
    await at.open(chat.chatId, 'Berta');
    await at.reached('Written on the boat', 'sent');
    expect(await parley.rest.history(mina, chat.chatId)).toHaveLength(1);
  });

  test('what is being written is there again after a reload', async () => {
    await using _ = await chatWith('Chen');
    await at.field.fill('Half a thou');
    await at.page.reload();
    await soon(() => at.field.inputValue()).toBe('Half a thou');
  });

  test('reads are told when the newest message is in view', async () => {
    await using chat = await chatWith('Dora');
    await at.write('Hello');
    await chat.say('Hello Mina');
    await at.message('Hello Mina').waitFor();
    const unread = async () => {
      const { data } = await parley.rest.call<{ unread_count: number }>('GET', `/chats/${chat.chatId}`, {
        token: mina.token,
      });
      return data.unread_count;
    };
    await soon(unread).toBe(0);
  });

  test('messages are answered, and an answer leads to its original', async () => {
    await using chat = await chatWith('Emil');
    await chat.say('Who brings the boat?');
    await at.message('Who brings the boat?').waitFor();
    await at.act('Who brings the boat?', 'Reply');
    await at.page.getByText('Reply to Emil').waitFor();
    await at.write('I do');
    await at.reached('I do', 'sent');
    const quote = at.message('I do').getByRole('button', { name: /Who brings the boat/ });
    await quote.click();
    await soon(() => at.message('Who brings the boat?').first().getAttribute('class')).toContain('flash');
    const stored = await parley.rest.history(mina, chat.chatId);
    expect(stored[1]?.reply_to_message_id).toBe(stored[0]?.message_id);
  });

  test('messages are reacted to, edited, starred, forwarded and deleted', async () => {
    await using chat = await chatWith('Omar');
    const direct = await parley.rest.chat(mina, { ...mina, id: jonas.id });
    await at.write('See you at the pier');
    await at.reached('See you at the pier', 'sent');
    const state = async () => (await parley.rest.history(mina, chat.chatId))[0];

    await at.act('See you at the pier', 'React with 😂');
    await at
      .message('See you at the pier')
      .getByRole('button', { name: /Reactions.*😂/ })
      .waitFor();
    await soon(async () => (await state())?.reactions).toEqual({ [mina.id]: '😂' });

    await at.act('See you at the pier', 'Edit');
    await at.field.press('End');
    await at.field.pressSequentially(' at ten');
    await at.field.press('Enter');
    await at.message('See you at the pier at ten').getByText('Edited').waitFor();

    await at.act('See you at the pier', 'Star');
    await at.message('See you at the pier').getByText('Starred').waitFor({ state: 'attached' });

    await at.act('See you at the pier', 'Forward…');
    await at.page.getByRole('checkbox', { name: /Jonas/ }).click();
    await at.page.getByRole('button', { name: 'Forward to 1 chat' }).click();
    await at.page.getByText('Forwarded', { exact: true }).first().waitFor();
    const forwarded = await parley.rest.history(mina, direct);
    expect(forwarded.map(({ payload, forwarded }) => ({ payload, forwarded }))).toEqual([
      { payload: { body: 'See you at the pier at ten' }, forwarded: true },
    ]);

    await at.act('See you at the pier', 'Delete…');
    await at.page.getByRole('button', { name: 'Delete for everyone' }).click();
    await at.page.getByText('You deleted this message').waitFor();
    await soon(async () => (await state())?.is_deleted).toBe(true);
    expect(at.problems).toEqual([]);
  });

  test('everything is done by keyboard alone', async () => {
    await using chat = await chatWith('Farah');
    await chat.say('first');
    await chat.say('second');
    await at.message('second').waitFor();
    await at.field.focus();
    for (let tabs = 0; tabs < 12; tabs++) {
      if (await at.page.evaluate(() => document.activeElement?.tagName === 'ARTICLE')) break;
      await at.page.keyboard.press('Shift+Tab');
    }
    await at.page.keyboard.press('ArrowUp');
    await soon(() => at.page.evaluate(() => document.activeElement?.textContent)).toContain('first');
    await at.page.keyboard.press('Enter');
    await at.page.getByRole('menuitem', { name: 'Reply' }).waitFor();
    await at.page.keyboard.press('R');
    await at.page.keyboard.press('Enter');
    await at.page.getByText('Reply to Farah').waitFor();
    await soon(() => at.field.evaluate((field) => field === document.activeElement)).toBe(true);
    await at.page.keyboard.press('Escape');
    await at.page.getByText('Reply to Farah').waitFor({ state: 'hidden' });
  });

  test('nothing serious is found by axe', async () => {
    await using chat = await chatWith('Greta');
    await chat.say('Have a look at this');
    await at.write('👍');
    await at.reached('👍', 'sent');
    const { violations } = await new AxeBuilder({ page: at.page }).include('main').analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  });

  test('1,000 messages are scrolled through without a jump, and a far one is gone to', async () => {
    const hamid = await parley.user('Hamid');
    const chatId = await parley.rest.chat(hamid, mina);
    await fill(parley.rest, [hamid, mina], chatId, 1000);
    const history = await parley.rest.history(mina, chatId);
    const say = (body: string, replyTo: string | null = null) =>
      parley.rest.call('POST', `/chats/${chatId}/messages`, {
        token: hamid.token,
        body: {
          client_msg_id: crypto.randomUUID(),
          type: 'text',
          payload: { body },
          reply_to_message_id: replyTo,
        },
      });
    await parley.rest.call('POST', `/chats/${chatId}/messages/read`, {
      token: mina.token,
      body: { up_to_message_id: history.at(-1)?.message_id },
    });
    await at.open(chatId, 'Hamid');
    const message = (index: number) =>
      at.page.locator(`article[data-message="${history.at(index)?.message_id}"]`);
    await message(-1).waitFor();
    await stands(at.page);
    const moves = await watchMoves(at.page);
    await at.feed.hover();
    const first = message(0);
    // As fast as a hand turns the wheel.
    for (let turns = 0; turns < 600 && (await first.count()) === 0; turns++) {
      await at.page.mouse.wheel(0, -500);
      await at.page.evaluate(
        () => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))),
      );
    }
    await first.waitFor();
    const seen = await moves();
    expect(seen.apart).toBeLessThanOrEqual(1);
    expect(seen.back).toBeLessThanOrEqual(1);
    // A virtual list: what is out of view is not in the page.
    expect(seen.articles).toBeLessThan(100);

    // New ones do not move what is being read, and are a click away.
    const place = await first.boundingBox();
    await say('Something new');
    const button = at.page.getByRole('button', { name: 'To the newest message: 1 new message' });
    await button.waitFor();
    expect(await first.boundingBox()).toEqual(place);
    await button.click();
    await at.message('Something new').waitFor();

    // An answer to a message that the list has let go of.
    await say('As I said', history[350]?.message_id);
    await at
      .message('As I said')
      .getByRole('button', { name: /No\. \d+/ })
      .click();
    await soon(() => message(350).getAttribute('class')).toContain('flash');
    expect(await message(350).isVisible()).toBe(true);
    expect(at.problems).toEqual([]);
  }, 90_000);
});
