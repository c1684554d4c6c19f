// People, settings and search in the web client, as somebody uses them in a browser.
import { existsSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { ParleyClient } from '@parley/sdk';
import { type Browser, chromium as engine } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureWeb } from '../../../scripts/lib/web.ts';
import { startParley, type TestParley } from '../../../tests/support/parley.ts';
import type { SignedIn } from '../../../tests/support/rest.ts';
import { person, secondDevice } from '../../../tests/support/sdk.ts';
import { chromium, Seat } from './support/conversation.ts';

describe.skipIf(!existsSync(chromium.executablePath))('people and settings in a browser', () => {
  let browser: Browser;
  let parley: TestParley;
  let jonas: ParleyClient & { id: string };

  beforeAll(async () => {
    await ensureWeb();
    parley = await startParley();
    browser = await engine.launch(chromium);
    jonas = await person(parley.url, 'Jonas');
  }, 120_000);
  afterAll(async () => {
    await jonas?.close();
    await browser?.close();
    await parley?.[Symbol.asyncDispose]();
  });

  /** Somebody new at the page, and the SDK in their name. */
  async function somebody(name: string) {
    const client = await person(parley.url, name);
    const { phone } = await client.users.me();
    const user: SignedIn = await parley.user(undefined, phone);
    const seat = await Seat.take(browser, parley.url, user);
    const { page } = seat;
    return {
      client,
      phone,
      page,
      seat,
      at: (hash: string) => page.goto(`${parley.url}/#${hash}`),
      button: (label: string | RegExp) => page.getByRole('button', { name: label, exact: true }),
      dialog: page.getByRole('dialog'),
      async [Symbol.asyncDispose]() {
        await seat[Symbol.asyncDispose]();
        await client.close();
      },
    };
  }

  test('somebody is found by phone number and written to', async () => {
    await using mina = await somebody('Mina');
    const { phone } = await jonas.users.me();
    await mina.at('/new');
    await mina.button('Find by phone number').click();
    await mina.dialog.getByLabel('Phone number').fill('0151');
    await mina.dialog.getByRole('button', { name: 'Find' }).click();
    await mina.dialog.getByText('That is no phone number').waitFor();
    await mina.dialog.getByLabel('Phone number').fill('+4930999999');
    await mina.dialog.getByRole('button', { name: 'Find' }).click();
    await mina.dialog.getByText('Nobody with the number +4930999999').waitFor();
    await mina.dialog.getByLabel('Phone number').fill(phone.replace(/(.{4})/g, '$1 '));
    await mina.dialog.getByRole('button', { name: 'Find' }).click();
    await mina.page.getByRole('heading', { name: 'Jonas', exact: true }).waitFor();
    await mina.seat.field.waitFor();
    await mina.at('/new');
    await mina
      .button(/^Jonas/)
      .and(mina.page.getByRole('main').getByRole('button'))
      .waitFor();
    expect(mina.seat.problems).toEqual([]);
  });

  test('blocking asks first, works both ways and can be ended', async () => {
    await using mina = await somebody('Mina');
    const { chat_id } = await mina.client.chats.create({ type: 'direct', participant_id: jonas.id });
    const write = () =>
      jonas.messages.send({
        chat_id,
        client_msg_id: crypto.randomUUID(),
        type: 'text',
        payload: { body: 'Hello' },
      });
    await mina.at(`/c/${chat_id}/info`);
    await mina.button('Block Jonas').click();
    await mina.page.getByRole('alertdialog').getByRole('button', { name: 'Block' }).click();
    await mina.button('Unblock Jonas').waitFor();
    await expect(write()).rejects.toMatchObject({ code: 'USER_BLOCKED' });
    await mina.at('/settings/blocked');
    await mina.button('Unblock Jonas').click();
    await mina.page.getByText('You have blocked nobody').waitFor();
    await expect(write()).resolves.toMatchObject({ chat_id });
  });

  test('privacy is chosen, and shows what another device has chosen', async () => {
    await using mina = await somebody('Mina');
    await mina.at('/settings/privacy');
    await mina.button(/^Last seen and online/).click();
    await mina.dialog.getByRole('radio', { name: 'Nobody' }).check();
    await mina.dialog.getByRole('button', { name: 'Save' }).click();
    await mina.button('Last seen and online Nobody').waitFor();
    await mina.page.getByRole('switch', { name: 'Read receipts' }).click();
    await expect
      .poll(() => mina.client.users.getPrivacy())
      .toMatchObject({ last_seen: 'nobody', read_receipts: false });
    await mina.client.users.updatePrivacy({ about: 'contacts' });
    await mina.button('About My contacts').waitFor();
    const { violations } = await new AxeBuilder({ page: mina.page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  });

  test('the profile is changed, and the theme', async () => {
    await using mina = await somebody('Mina');
    await mina.at('/settings/profile');
    await mina.page.getByLabel('Name', { exact: true }).fill('Mina Berg');
    await mina.page.getByLabel('About').fill('At the lake');
    await mina.button('Save').click();
    await expect
      .poll(() => mina.client.users.me())
      .toMatchObject({ display_name: 'Mina Berg', status_text: 'At the lake' });
    await mina.at('/settings/appearance');
    const theme = () => mina.page.evaluate(() => document.documentElement.dataset.theme);
    await mina.page.getByText('Dark', { exact: true }).click();
    expect(await theme()).toBe('dark');
    await mina.page.reload();
    await expect.poll(theme).toBe('dark');
  });

  test('devices are listed, and one is signed out', async () => {
    await using mina = await somebody('Mina');
    const other = await secondDevice(parley.url, mina.client);
    const ended = new Promise((resolve) => other.onSession(resolve));
    await other.realtime.connect();
    await mina.client.signOut();
    await mina.at('/settings/devices');
    await mina.page.getByText(/^Signed in since/).waitFor();
    const end = mina.button('Sign out Unnamed device');
    await end.click();
    await mina.page.getByRole('alertdialog').getByRole('button', { name: 'Sign out' }).click();
    await mina.page.getByText('You are signed in nowhere else.').waitFor();
    expect(await ended).toBeNull();
    await other.close();
  });

  test('signing out says what is lost', async () => {
    await using mina = await somebody('Mina');
    await mina.at('/settings');
    await mina.button('Sign out').click();
    const asking = mina.page.getByRole('alertdialog', { name: 'Sign out?' });
    await asking.getByText('Your chats stay on the server').waitFor();
    await asking.getByRole('button', { name: 'Sign out' }).click();
    await mina.page.getByText('Sign in to Parley').waitFor();
  });

  test('search finds as one types, marks what it found, and goes there', async () => {
    await using mina = await somebody('Mina');
    const { chat_id } = await jonas.chats.create({ type: 'direct', participant_id: mina.client.id });
    const say = (body: string) =>
      jonas.messages.send({ chat_id, client_msg_id: crypto.randomUUID(), type: 'text', payload: { body } });
    const long = await say('Where is the rowing boat?');
    for (let number = 1; number <= 60; number++) await say(`No. ${number}`);
    await say('The boat came back');
    await mina.at('/search');
    const field = mina.page.getByRole('searchbox', { name: 'Words to look for' });
    await field.pressSequentially('boa');
    await mina.page.getByText('2 messages', { exact: true }).waitFor();
    expect(await mina.page.locator('mark').allTextContents()).toEqual(['boa', 'boa']);
    await field.fill('rowing boat');
    await mina.page.getByText('1 message', { exact: true }).waitFor();
    await mina.button(/Where is the rowing boat/).click();
    await mina.seat.message('Where is the rowing boat?').waitFor();
    expect(mina.page.url()).toContain(long.message_id);

    await mina.at(`/c/${chat_id}/search`);
    await field.fill('nothing like it');
    await mina.page.getByText('Nothing found for “nothing like it”').waitFor();
    await field.fill('came back');
    await mina.button(/The boat came back/).waitFor();

    await mina.client.messages.star({ id: long.message_id });
    await mina.at('/starred');
    await mina.button(/Where is the rowing boat/).waitFor();
    await mina.button('Take the star off').click();
    await mina.page.getByText('No starred messages').waitFor();
  });
});
