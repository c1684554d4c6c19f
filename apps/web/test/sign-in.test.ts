// Signing in, as somebody does it in a browser.
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPhone, startParley, type TestParley } from '../../../tests/support/parley.ts';
import { phone, startBrowser, Visitor } from '../../../tests/support/web.ts';

/** One black pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe.skipIf(!existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'))(
  'signing in',
  { timeout: 60_000 },
  () => {
    let browser: Browser;
    let parley: TestParley;
    beforeAll(async () => {
      // The browser first, with which the page is built that the server reads.
      browser = await startBrowser();
      parley = await startParley();
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await parley?.[Symbol.asyncDispose]();
    });

    /** At the step where the code is asked for. */
    async function atCode(look = {}) {
      const visitor = await Visitor.open(browser, parley, look);
      visitor.phone = newPhone();
      await visitor.page.getByLabel('Phone number').fill(visitor.phone);
      await visitor.page.getByRole('button', { name: 'Send code' }).click();
      await visitor.page.getByText('Your code is').waitFor();
      const shown = await visitor.page.getByText('Your code is').textContent();
      const code = /\d{6}/.exec(shown ?? '')?.[0] ?? '';
      return { visitor, page: visitor.page, code, field: visitor.page.getByLabel('6-digit code') };
    }

    test('somebody new gets in with the code, a name and a photo, and stays in', async () => {
      const { visitor, page, code, field } = await atCode();
      await using _ = visitor;
      // As it is copied out of a message.
      await field.fill(`${code.slice(0, 3)} ${code.slice(3)}`);
      await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByText('Enter a name.').waitFor();
      await page.getByLabel('Your name').fill('  Mina Larsen ');
      await page
        .getByLabel('Choose a photo')
        .setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: pixel });
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('heading', { name: 'Chats' }).waitFor();
      await page.getByText('No chats yet').waitFor();
      const { token } = await parley.rest.signIn(visitor.phone);
      const { data } = await parley.rest.call<{ display_name: string; avatar_url: string }>(
        'GET',
        '/users/me',
        {
          token,
        },
      );
      expect(data.display_name).toBe('Mina Larsen');
      expect(data.avatar_url).not.toBe('');
      await page.reload();
      await page.getByRole('heading', { name: 'Chats' }).waitFor();
      // The photo has been loaded, not only named.
      await page.waitForFunction(
        () => (document.querySelector<HTMLImageElement>('header img')?.naturalWidth ?? 0) > 0,
      );
      expect(visitor.problems).toEqual([]);
    });

    test('who closed the page before giving a name is asked again', async () => {
      const { visitor, page, code, field } = await atCode();
      await using _ = visitor;
      await field.fill(code);
      await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
      await page.reload();
      await page.getByLabel('Your name').fill('Ines');
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('heading', { name: 'Chats' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Chats' }).waitFor();
      expect(visitor.problems).toEqual([]);
    });

    test('who has a name is not asked for one again, and is in in all tabs', async () => {
      const { phone: number } = await parley.user('Jonas');
      await using visitor = await Visitor.open(browser, parley);
      const tab = await visitor.context.newPage();
      await tab.goto(parley.url);
      await tab.getByLabel('Phone number').waitFor();
      visitor.phone = number;
      await visitor.signIn();
      await visitor.page.getByRole('heading', { name: 'Chats' }).waitFor();
      await tab.getByRole('heading', { name: 'Chats' }).waitFor();
      expect(visitor.problems).toEqual([]);
    });

    test('a number is taken as it is written, with or without its prefix', async () => {
      await using visitor = await Visitor.open(browser, parley, { locale: 'de-DE' });
      const { page } = visitor;
      const field = page.getByLabel('Phone number');
      const country = page.getByRole('combobox', { name: 'Country' });
      await field.waitFor();
      expect(await country.inputValue()).toBe('DE');
      await field.fill('seven');
      await page.getByRole('button', { name: 'Send code' }).click();
      await page.getByText('That does not look like a phone number.').waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      await field.fill('+44 7700 900');
      expect(await country.inputValue()).toBe('GB');
      await country.selectOption('DE');
      await field.fill(`0${newPhone().slice(3)}`);
      await page.getByRole('button', { name: 'Send code' }).click();
      await page.getByText(/We sent a code to \+49 15/).waitFor();
      await page.getByRole('button', { name: 'Use another number' }).click();
      await field.waitFor();
    });

    test('a wrong code says so, and after five one has to wait', async () => {
      const { visitor, page, code, field } = await atCode();
      await using _ = visitor;
      const wrong = code === '000000' ? '111111' : '000000';
      for (let time = 0; time < 5; time++) {
        await field.fill(wrong);
        await page.getByText('That is not the code.').waitFor();
        expect(await field.inputValue()).toBe('');
        // Whoever writes does not have to go back to the field.
        expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
        await field.press('1');
        await page.getByRole('alert').filter({ hasText: 'code' }).waitFor({ state: 'detached' });
      }
      await field.fill(code);
      await page.getByText('Too many wrong codes.').waitFor();
    });

    test('a new code takes the place of the one before', async () => {
      const { visitor, page, code, field } = await atCode();
      await using _ = visitor;
      await page.getByRole('button', { name: 'Send a new code' }).click();
      await page.getByText('A new code is on its way.').waitFor();
      const shown = (await page.getByText('Your code is').textContent()) ?? '';
      if (!shown.includes(code)) {
        await field.fill(code);
        await page.getByText('That is not the code.').waitFor();
      }
      await page.getByRole('button', { name: 'Fill in' }).click();
      await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
    });

    test('a server that is away is told as such', async () => {
      await using visitor = await Visitor.open(browser, parley);
      await visitor.page.getByLabel('Phone number').fill(newPhone());
      await visitor.context.setOffline(true);
      await visitor.page.getByRole('button', { name: 'Send code' }).click();
      await visitor.page.getByText('The server cannot be reached.').waitFor();
      await visitor.context.setOffline(false);
      await visitor.page.getByRole('button', { name: 'Send code' }).click();
      await visitor.page.getByRole('heading', { name: 'Enter your code' }).waitFor();
    });

    test.each(['light', 'dark'] as const)('works on a phone, %s, without obstacles', async (colorScheme) => {
      const { visitor, page } = await atCode({ viewport: phone, colorScheme });
      await using _ = visitor;
      const fits = () => page.evaluate('document.documentElement.scrollWidth <= innerWidth');
      await page.waitForFunction(() =>
        document.getAnimations().every(({ playState }) => playState === 'finished'),
      );
      expect(await visitor.obstacles()).toEqual([]);
      expect(await fits()).toBe(true);
      await page.getByRole('button', { name: 'Use another number' }).click();
      await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor();
      expect(await visitor.obstacles()).toEqual([]);
      await visitor.signIn();
      await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
      expect(await visitor.obstacles()).toEqual([]);
      expect(await fits()).toBe(true);
      expect(visitor.problems).toEqual([]);
    });
  },
);
