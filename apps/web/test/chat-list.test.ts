// The list of chats, as somebody uses it in a browser.
import { existsSync } from 'node:fs';
import type { ParleyClient } from '@parley/sdk';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startParley, type TestParley } from '../../../tests/support/parley.ts';
import type { SignedIn } from '../../../tests/support/rest.ts';
import { person } from '../../../tests/support/sdk.ts';
import { type Look, phone, startBrowser } from '../../../tests/support/web.ts';
import { obstacles, Seat } from './support/conversation.ts';

type Person = ParleyClient & { id: string };

/** Resolves when the page's title is this one. */
const titled = (page: Page, title: string) =>
  page.waitForFunction((wanted) => document.title === wanted, title);

describe.skipIf(!existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'))(
  'the list of chats',
  { timeout: 60_000 },
  () => {
    let browser: Browser;
    let parley: TestParley;
    const clients: ParleyClient[] = [];
    beforeAll(async () => {
      // The browser first, with which the page is built that the server reads.
      browser = await startBrowser();
      parley = await startParley();
    }, 120_000);
    afterAll(async () => {
      await Promise.all(clients.map((client) => client.close()));
      await browser?.close();
      await parley?.[Symbol.asyncDispose]();
    });

    async function friend(name: string): Promise<Person> {
      const client = await person(parley.url, name);
      clients.push(client);
      return client;
    }

    /** The chat of two people, in which the first one has said something. */
    async function tell(from: Person, to: Pick<SignedIn, 'id'>, ...lines: string[]): Promise<string> {
      const { chat_id } = await from.chats.create({ type: 'direct', participant_id: to.id });
      for (const body of lines) {
        const client_msg_id = crypto.randomUUID();
        await from.messages.send({ chat_id, client_msg_id, type: 'text', payload: { body } });
      }
      return chat_id;
    }

    /** Mina, who is signed in and looks at the page as soon as she enters. */
    async function mina(look: Look = {}) {
      const me = await parley.user('Mina');
      const seat = await Seat.take(browser, parley.url, me, look);
      const { page } = seat;
      const { hostname } = new URL(parley.url);
      page.on('request', (request) => {
        const asked = new URL(request.url());
        if (asked.protocol.startsWith('http') && asked.hostname !== hostname) seat.problems.push(asked.href);
      });
      const enter = async () => {
        await page.goto(parley.url);
        await page.getByRole('heading', { name: 'Chats' }).waitFor();
      };
      const row = (name: string) => page.getByRole('link', { name: new RegExp(name) });
      const names = () => page.locator('[data-chat] bdi').allTextContents();
      const menu = async (name: string, ...items: string[]) => {
        // The one before may still be on its way out.
        await page.getByRole('menu').first().waitFor({ state: 'detached' });
        await row(name).click({ button: 'right' });
        for (const item of items) await page.getByRole('menuitem', { name: item, exact: true }).click();
      };
      return { me, seat, page, enter, row, names, menu };
    }

    test('shows who wrote what, what is unread, who is there and who types, as it happens', async () => {
      const { me, seat, page, enter, row } = await mina();
      await using _ = seat;
      const jonas = await friend('Jonas');
      const chat = await tell(jonas, me, 'Are you there?', 'Hello?');
      await enter();
      await row('Jonas.*Hello\\?.*2 unread messages').waitFor();
      await titled(page, '(2) Parley');
      await jonas.realtime.connect();
      jonas.realtime.on('message.new', ({ message_id }) => void jonas.realtime.delivered([message_id]));
      await row('Jonas.*Online').waitFor();
      jonas.realtime.typing(chat, true);
      await row('Jonas.*typing…').waitFor();
      await tell(jonas, me, 'I am at the lake');
      // Nobody has opened the chat, but it has arrived.
      const view = jonas.messages(chat);
      await view.load();
      await expect.poll(() => view.all.at(-1)?.status, { timeout: 15_000 }).toBe('delivered');
      await row('Jonas.*I am at the lake.*3 unread messages').waitFor();
      await row('Jonas').click();
      await titled(page, 'Parley');
      const field = page.getByRole('textbox', { name: 'Message', exact: true });
      await field.fill('Coming');
      await field.press('Enter');
      // Jonas is connected, so it arrives; he reads it.
      await row('Delivered.*You: Coming').waitFor();
      await view.markRead();
      await row('Read.*You: Coming').waitFor();
      await field.fill('One more thing');
      await page.getByRole('link', { name: /Jonas/ }).focus();
      await row('Draft:.*One more thing').waitFor();
      expect(seat.problems).toEqual([]);
    });

    test('pins, mutes and marks as read from the menu of a row', async () => {
      const { me, seat, page, enter, row, names, menu } = await mina();
      await using _ = seat;
      await tell(await friend('Aylin'), me, 'one');
      const last = await tell(await friend('Oskar'), me, 'two');
      await enter();
      await row('Oskar').waitFor();
      expect(await names()).toEqual(['Oskar', 'Aylin']);
      await menu('Aylin', 'Pin to top');
      await row('Aylin.*Pinned').waitFor();
      expect(await names()).toEqual(['Aylin', 'Oskar']);
      await menu('Oskar', 'Mute', 'For 8 hours');
      await row('Oskar.*Muted').waitFor();
      // Of the two unread ones, the one in the muted chat does not count.
      await titled(page, '(1) Parley');
      const { data } = await parley.rest.call<{ mute_until: string }>('GET', `/chats/${last}`, {
        token: me.token,
      });
      expect(Math.abs(Date.parse(data.mute_until) - Date.now() - 8 * 3_600_000)).toBeLessThan(60_000);
      await menu('Oskar', 'Unmute');
      await titled(page, '(2) Parley');
      await menu('Oskar', 'Mark as read');
      await row('Oskar.*unread').waitFor({ state: 'detached' });
      await menu('Aylin', 'Unpin');
      await page.waitForFunction(() => document.querySelector('[data-chat] bdi')?.textContent === 'Oskar');
      expect(seat.problems).toEqual([]);
    });

    test('a group is left only after a question', async () => {
      const { me, seat, page, enter, row, menu } = await mina();
      await using _ = seat;
      const jonas = await friend('Jonas');
      const group = await jonas.chats.create({ type: 'group', name: 'Lake house', participant_ids: [me.id] });
      await enter();
      await menu('Lake house', 'Leave group…');
      const dialog = page.getByRole('alertdialog', { name: 'Leave “Lake house”?' });
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
      await row('Lake house').waitFor();
      await menu('Lake house', 'Leave group…');
      await dialog.getByRole('button', { name: 'Leave' }).click();
      await dialog.waitFor({ state: 'detached' });
      const { participants } = await jonas.chats.get({ id: group.chat_id });
      expect(participants.map(({ user_id }) => user_id)).toEqual([jonas.id]);
    });

    test('the keyboard alone goes everywhere', async () => {
      const { me, seat, page, enter, row } = await mina();
      await using _ = seat;
      for (const name of ['Aylin', 'Oskar', 'Priya']) await tell(await friend(name), me, `I am ${name}`);
      await enter();
      const focused = () => page.evaluate('document.activeElement?.textContent');
      await row('Priya').focus();
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toContain('I am Oskar');
      await page.keyboard.press('End');
      expect(await focused()).toContain('I am Aylin');
      await page.keyboard.press('Home');
      expect(await focused()).toContain('I am Priya');
      await page.keyboard.press('Shift+F10');
      await page.getByRole('menuitem', { name: 'Pin to top' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('menu').waitFor({ state: 'detached' });
      expect(await focused()).toContain('I am Priya');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement?.ariaLabel')).toBe('Actions for Priya');
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Pin to top' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('menu').waitFor({ state: 'detached' });
      await row('Oskar').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Oskar' }).waitFor();
      await page.waitForFunction(() => document.querySelector('main')?.contains(document.activeElement));
      expect(await row('Oskar').getAttribute('aria-current')).toBe('page');
      await page.goto(`${parley.url}/#/`);
      await page.waitForFunction(() => document.activeElement?.textContent.includes('I am Oskar'));
    });

    test('is filtered by name as one writes', async () => {
      const { me, seat, page, enter, row, names } = await mina();
      await using _ = seat;
      await tell(await friend('Zoë Clarke'), me, 'one');
      await tell(await friend('Oskar'), me, 'two');
      await enter();
      await row('Oskar').waitFor();
      const filter = page.getByRole('searchbox', { name: 'Filter chats' });
      await filter.fill('zoe');
      await row('Oskar').waitFor({ state: 'detached' });
      expect(await names()).toEqual(['Zoë Clarke']);
      await filter.fill('nobody');
      await page.getByText('No chat is called “nobody”').waitFor();
      await filter.press('Escape');
      await row('Oskar').waitFor();
      expect(await names()).toHaveLength(2);
    });

    test('a long list has only the rows that are to be seen, and fetches the rest as one scrolls', async () => {
      const { me, seat, page, enter, row } = await mina();
      await using _ = seat;
      const jonas = await friend('Jonas');
      const numbers = Array.from({ length: 150 }, (_none, index) => index);
      for (let at = 0; at < numbers.length; at += 10) {
        await Promise.all(
          numbers
            .slice(at, at + 10)
            .map((n) => jonas.chats.create({ type: 'group', name: `Group ${n}.`, participant_ids: [me.id] })),
        );
      }
      await jonas.chats.create({ type: 'group', name: 'The newest', participant_ids: [me.id] });
      await enter();
      await row('The newest').waitFor();
      expect(await page.locator('[data-chat]').count()).toBeLessThan(40);
      await row('The newest').focus();
      await page.keyboard.press('End');
      const last = (await jonas.chats.list({ limit: 100 })).chats;
      expect(last.length).toBe(100);
      // The first ten were made at the same time: any of them is the last.
      for (let tries = 0; tries < 40; tries++) {
        const text = await page.evaluate('document.activeElement?.textContent');
        if (/Group \d\./.test(String(text))) break;
        await page.keyboard.press('End');
      }
      await page.waitForFunction(() => /Group \d\./.test(document.activeElement?.textContent ?? ''));
      expect(await page.locator('[data-chat]').count()).toBeLessThan(60);
    });

    test('tells that there is no connection, as long as there is none', async () => {
      const { seat, page, enter } = await mina();
      await using _ = seat;
      await enter();
      await seat.offline(true);
      await page.getByText('You are offline.').waitFor();
      await seat.offline(false);
      await page.getByText('You are offline.').waitFor({ state: 'detached' });
    });

    test.each(['light', 'dark'] as const)(
      '%s, without obstacles, in both directions',
      async (colorScheme) => {
        const { me, seat, page, enter, row, menu } = await mina({ viewport: phone, colorScheme });
        await using _ = seat;
        await tell(await friend('محمد علي'), me, 'نلتقي غدًا عند البحيرة');
        await tell(
          await friend('Oskar'),
          me,
          'A rather long line that does not fit into the width of any phone',
        );
        await enter();
        await row('Oskar').waitFor();
        expect(await obstacles(page)).toEqual([]);
        await menu('Oskar');
        await page.getByRole('menuitem', { name: 'Mark as read' }).waitFor();
        // What keeps the Tab key near a menu takes the focus only to hand it on.
        const found = (await obstacles(page)).filter((text) => !text.includes('data-base-ui-focus-guard'));
        expect(found).toEqual([]);
        await page.keyboard.press('Escape');
        for (const dir of ['rtl', 'ltr']) {
          await page.evaluate(`document.documentElement.dir = ${JSON.stringify(dir)}`);
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
          const [face, time] = await page.evaluate(() => {
            const link = document.querySelector('[data-chat]');
            return [link?.firstElementChild, link?.querySelector('time')].map(
              (element) => element?.getBoundingClientRect().left ?? 0,
            );
          });
          expect((face ?? 0) < (time ?? 0)).toBe(dir === 'ltr');
        }
        expect(seat.problems).toEqual([]);
      },
    );
  },
);
