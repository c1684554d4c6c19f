// Notifications of the web client: what the page asks the browser to show while nobody looks at it.
import { existsSync } from 'node:fs';
import type { ParleyClient } from '@parley/sdk';
import { type Browser, chromium as engine, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureWeb } from '../../../scripts/lib/web.ts';
import { startParley, type TestParley } from '../../../tests/support/parley.ts';
import type { SignedIn } from '../../../tests/support/rest.ts';
import { person } from '../../../tests/support/sdk.ts';
import { chromium, Seat } from './support/conversation.ts';

/** Puts the browser's notifications, and whether the page is in view, into the test's hands. */
function stub(): void {
  const shown: unknown[] = [];
  class Note {
    static permission = 'default';
    static requestPermission = async () => {
      Note.permission = 'granted';
      return 'granted';
    };
    onclick: (() => void) | null = null;
    constructor(title: string, { body }: { body: string }) {
      shown.push({ title, body, click: () => this.onclick?.() });
    }
    close() {}
  }
  Object.assign(window, { Notification: Note, shown });
  Object.defineProperty(document, 'visibilityState', {
    get: () => Reflect.get(window, 'inView') ?? 'visible',
  });
}

const notes = (page: Page): Promise<{ title: string; body: string }[]> =>
  page.evaluate(() => Reflect.get(window, 'shown').map(({ title, body }: never) => ({ title, body })));
const look = (page: Page, inView: 'visible' | 'hidden') =>
  page.evaluate((value) => {
    Object.assign(window, { inView: value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, inView);

describe.skipIf(!existsSync(chromium.executablePath))('notifications in a browser', () => {
  let browser: Browser;
  let parley: TestParley;
  let mina: SignedIn;
  let jonas: ParleyClient & { id: string };
  let seat: Seat;

  beforeAll(async () => {
    await ensureWeb();
    parley = await startParley();
    browser = await engine.launch(chromium);
    mina = await parley.user('Mina');
    jonas = await person(parley.url, 'Jonas');
    seat = await Seat.take(browser, parley.url, mina);
    await seat.page.addInitScript(stub);
  }, 120_000);
  afterAll(async () => {
    await jonas?.close();
    await browser?.close();
    await parley?.[Symbol.asyncDispose]();
  });

  test('are asked for, come while the page is out of view, and open the chat', async () => {
    const { page } = seat;
    const chat = await jonas.chats.create({ type: 'direct', participant_id: mina.id });
    const group = await jonas.chats.create({ type: 'group', name: 'Quiet', participant_ids: [mina.id] });
    const say = (chat_id: string, body: string) =>
      jonas.messages.send({ chat_id, client_msg_id: crypto.randomUUID(), type: 'text', payload: { body } });
    await page.goto(`${parley.url}/#/settings/notifications`);
    const on = page.getByRole('switch', { name: 'Notify me of new messages' });
    await on.click();
    await expect.poll(() => on.isChecked()).toBe(true);
    const body = { is_muted: true };
    await parley.rest.call('PATCH', `/chats/${group.chat_id}/mute`, { token: mina.token, body });
    await page.getByLabel('Muted').waitFor();

    await say(chat.chat_id, 'while in view');
    await page.getByRole('navigation').getByText('while in view').waitFor();
    await look(page, 'hidden');
    await say(group.chat_id, 'muted');
    await say(chat.chat_id, 'Are you there?');
    await expect.poll(() => notes(page)).toEqual([{ title: 'Jonas', body: 'Are you there?' }]);
    await say(chat.chat_id, 'Hello?');
    await expect.poll(async () => (await notes(page)).at(-1)?.body).toBe('2 new messages\nHello?');

    await page.evaluate(() => Reflect.get(window, 'shown').at(-1).click());
    await seat.field.waitFor();
    expect(page.url()).toContain(chat.chat_id);
    expect(seat.problems).toEqual([]);
  });
});
