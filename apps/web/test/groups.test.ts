// Groups in the web client, as their members see them in a browser.
import { existsSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { ParleyClient } from '@parley/sdk';
import { type Browser, chromium as engine } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureWeb } from '../../../scripts/lib/web.ts';
import { startParley, type TestParley } from '../../../tests/support/parley.ts';
import type { SignedIn } from '../../../tests/support/rest.ts';
import { person } from '../../../tests/support/sdk.ts';
import { chromium, Seat } from './support/conversation.ts';
import { photo } from './support/media.ts';

describe.skipIf(!existsSync(chromium.executablePath))('groups in a browser', () => {
  let browser: Browser;
  let parley: TestParley;
  let mina: SignedIn;
  let jonas: ParleyClient & { id: string };
  let aylin: ParleyClient & { id: string };
  let seat: Seat;

  beforeAll(async () => {
    await ensureWeb();
    parley = await startParley();
    browser = await engine.launch(chromium);
    mina = await parley.user('Mina');
    jonas = await person(parley.url, 'Jonas');
    aylin = await person(parley.url, 'Aylin');
    const phones = await Promise.all([jonas, aylin].map(async (client) => (await client.users.me()).phone));
    const body = { phone_numbers: phones };
    await parley.rest.call('POST', '/users/contacts/sync', { token: mina.token, body });
    seat = await Seat.take(browser, parley.url, mina);
  }, 120_000);
  afterAll(async () => {
    await jonas?.close();
    await aylin?.close();
    await browser?.close();
    await parley?.[Symbol.asyncDispose]();
  });

  /** A group that Mina has made. */
  async function group(name: string, members: readonly { id: string }[] = [jonas, aylin]): Promise<string> {
    const body = { type: 'group', name, participant_ids: members.map(({ id }) => id) };
    const { data } = await parley.rest.call('POST', '/chats', { token: mina.token, body });
    return (data as { chat_id: string }).chat_id;
  }

  const at = (hash: string) => seat.page.goto(`${parley.url}/#${hash}`);
  const dialog = () => seat.page.getByRole('dialog');
  const button = (name: string | RegExp) => seat.page.getByRole('button', { name, exact: true });
  /** Of the menu of somebody's row: that of another row may still be on its way out. */
  const item = (member: string, name: string) =>
    seat.page.getByRole('menu', { name: `Actions for ${member}` }).getByRole('menuitem', { name });

  test('a group is made of contacts and somebody found by number, with a photo', async () => {
    const { page } = seat;
    const noah = await person(parley.url, 'Noah');
    const { phone } = await noah.users.me();
    await at('/new-group');
    await page.getByRole('checkbox', { name: 'Jonas' }).click();
    const filter = page.getByRole('searchbox', { name: 'Name or phone number' });
    await filter.fill('ayl');
    await page.getByRole('checkbox', { name: 'Jonas' }).waitFor({ state: 'detached' });
    await page.getByRole('checkbox', { name: 'Aylin' }).click();
    await filter.fill(phone);
    await filter.press('Enter');
    await button('Leave out Noah').waitFor();
    await button('Create group').click();
    await page.getByText('Give the group a name.').waitFor();
    await page.getByLabel('Name of the group').fill('Lake house');
    const chooser = page.waitForEvent('filechooser');
    await button('Choose a photo').click();
    await (await chooser).setFiles(photo('house.png'));
    await button('Create group').click();
    await seat.field.waitFor();
    const chatId = /#\/c\/([^/]+)/.exec(page.url())?.[1] ?? '';
    const chat = await jonas.chats.get({ id: chatId });
    expect(chat.name).toBe('Lake house');
    expect(chat.avatar_url).not.toBe('');
    const names = chat.participants.map(({ display_name }) => display_name);
    expect(names.toSorted()).toEqual(['Aylin', 'Jonas', 'Mina', 'Noah']);
    await noah.close();
  });

  test('its admin edits it, lets only admins write, and sets a timer', async () => {
    const { page } = seat;
    const chatId = await group('Rowing');
    await at(`/c/${chatId}/info`);
    await button('Edit name and description').click();
    await dialog().getByLabel('Name of the group').fill('Rowing club');
    await dialog().getByLabel('Description').fill('Sundays at nine');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Rowing club' }).waitFor();
    await page.getByText('Sundays at nine').waitFor();
    await page.getByRole('switch', { name: 'Only admins write' }).click();
    await expect.poll(async () => (await jonas.chats.get({ id: chatId })).is_admin_only).toBe(true);
    await button(/^Disappearing messages/).click();
    await dialog().getByRole('radio', { name: 'After a week' }).check();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await button(/^Disappearing messages After a week/).waitFor();
    expect(await jonas.chats.get({ id: chatId })).toMatchObject({
      name: 'Rowing club',
      description: 'Sundays at nine',
      auto_delete_seconds: 604_800,
    });
    await button(/^Notifications/).click();
    await dialog().getByRole('radio', { name: 'Muted', exact: true }).check();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await button(/^Notifications Muted/).waitFor();
    const problems = await new AxeBuilder({ page }).analyze();
    expect(problems.violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  });

  test('members are added, made admins and removed; the last admin learns why they cannot leave', async () => {
    const { page } = seat;
    const chatId = await group('Boats', [jonas]);
    await at(`/c/${chatId}/info`);
    await page.getByText('2 members', { exact: true }).waitFor();
    await button('Leave group').click();
    await dialog().getByText('A group needs an admin.').waitFor();
    await dialog().getByRole('button', { name: 'OK' }).click();

    await button('Add members').click();
    await dialog().getByRole('checkbox', { name: 'Aylin' }).click();
    expect(await dialog().getByRole('checkbox', { name: 'Jonas' }).count()).toBe(0);
    await dialog().getByRole('button', { name: 'Add 1' }).click();
    await page.getByText('3 members', { exact: true }).waitFor();

    await button('Actions for Aylin').click();
    await item('Aylin', 'Make admin').click();
    await expect
      .poll(async () => {
        const { participants } = await aylin.chats.get({ id: chatId });
        return participants.find(({ user_id }) => user_id === aylin.id)?.role;
      })
      .toBe('admin');

    await button('Actions for Jonas').click();
    await item('Jonas', 'Remove from the group').click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('2 members', { exact: true }).waitFor();

    await button('Leave group').click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Leave' }).click();
    await expect.poll(async () => (await aylin.chats.get({ id: chatId })).participants.length).toBe(1);
  });

  test('who is no admin sees what is set and cannot change it', async () => {
    const chat = await jonas.chats.create({ type: 'group', name: 'Swimmers', participant_ids: [mina.id] });
    await at(`/c/${chat.chat_id}/info`);
    await seat.page.getByRole('heading', { name: 'Swimmers' }).waitFor();
    await seat.page.getByText('2 members', { exact: true }).waitFor();
    expect(await button('Edit name and description').count()).toBe(0);
    expect(await button('Add members').count()).toBe(0);
    expect(await seat.page.getByRole('switch').count()).toBe(0);
    expect(await button(/^Disappearing messages/).isDisabled()).toBe(true);
  });

  test('a message tells who has read it', async () => {
    const chatId = await group('Readers');
    await jonas.realtime.connect();
    await aylin.realtime.connect();
    await seat.open(chatId, 'Readers');
    await seat.write('Read this');
    await seat.message('Read this').locator('[data-status]').waitFor();
    const sent = async () => (await parley.rest.history(mina, chatId)).find(({ type }) => type === 'text');
    await expect.poll(sent).toBeDefined();
    const id = (await sent())?.message_id ?? '';
    await aylin.realtime.delivered([id]);
    await jonas.realtime.read(chatId, id);
    await seat.act('Read this', 'Info');
    const part = (heading: string) => dialog().locator('section').filter({ hasText: heading });
    await part('Read by').getByText('Jonas').waitFor();
    await part('Delivered to').getByText('Aylin').waitFor();
    await aylin.realtime.read(chatId, id);
    await part('Read by').getByText('Aylin').waitFor();
    expect(seat.problems).toEqual([]);
  });
});
