/** Three people and their group, each at a page of their own. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { attach, isLoaded, photo } from '../../apps/web/test/support/media.ts';
import { hasBrowser, startWeb, Visitor, type Web } from '../support/web.ts';

/** What comes true soon, however busy the machine is. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 });

describe.skipIf(!hasBrowser)('three people at the page', () => {
  let web: Web;
  let mina: Visitor;
  let jonas: Visitor;
  let aylin: Visitor;

  beforeAll(async () => {
    web = await startWeb();
    const signUp = (name: string) => Visitor.signUp(web.browser, web.parley, name);
    // One after the other: three pages that start at once are slow where there are few cores.
    [mina, jonas, aylin] = [await signUp('Mina'), await signUp('Jonas'), await signUp('Aylin')];
  }, 120_000);
  afterAll(() => web?.[Symbol.asyncDispose]());
  afterEach(() => {
    expect([...mina.problems, ...jonas.problems, ...aylin.problems]).toEqual([]);
  });

  /** Chooses something of what an admin can do with a member. */
  async function member(admin: Visitor, name: string, action: string): Promise<void> {
    await admin.button(`Actions for ${name}`).click();
    // The menu of another one may be closing still.
    const menu = admin.page.getByRole('menu', { name: `Actions for ${name}` });
    await menu.getByRole('menuitem', { name: action }).click();
  }

  const info = (visitor: Visitor, group: string) =>
    visitor.page.getByRole('main').getByRole('button', { name: new RegExp(`^${group}`) });

  it('make a group of who was found by number, and all can write in it', async () => {
    const { page } = mina;
    await mina.go('/new-group');
    await page.getByLabel('Name of the group').fill('Lake house');
    const field = page.getByRole('searchbox', { name: 'Name or phone number' });
    await field.fill(jonas.phone);
    await field.press('Enter');
    await mina.button('Leave out Jonas').waitFor();
    await mina.button('Create group').click();
    await mina.composer.waitFor();
    await mina.say('Welcome');
    await jonas.openChat('Lake house');
    await jonas.sees('Mina created the group “Lake house”');
    await jonas.sees('Welcome');
    await jonas.say('Thanks');
    await mina.sees('Thanks');
  });

  it('rename it, add somebody and make another one admin, and all see it at once', async () => {
    await info(mina, 'Lake house').click();
    await mina.button('Edit name and description').click();
    await mina.dialog.getByLabel('Name of the group').fill('The lake house');
    await mina.dialog.getByRole('button', { name: 'Save' }).click();
    await jonas.page.getByRole('heading', { name: 'The lake house' }).waitFor();
    await jonas.sees('Mina renamed the group to “The lake house”');

    await mina.button('Add members').click();
    const field = mina.dialog.getByRole('searchbox', { name: 'Name or phone number' });
    await field.fill(aylin.phone);
    await field.press('Enter');
    await mina.dialog.getByRole('button', { name: 'Add 1' }).click();
    await jonas.sees('Mina added Aylin');
    await aylin.openChat('The lake house');
    await aylin.sees(/Mina added you/i);
    // What was written before is not theirs to see.
    expect(await aylin.message('Welcome').count()).toBe(0);

    await info(jonas, 'The lake house').click();
    await jonas.page.getByText('3 members', { exact: true }).waitFor();
    expect(await jonas.button('Add members').count()).toBe(0);
    await member(mina, 'Jonas', 'Make admin');
    await jonas.button('Add members').waitFor();
  });

  it('look at a photo that one of them picked', async () => {
    for (const visitor of [mina, jonas]) await visitor.openChat('The lake house');
    await attach(mina.page, 'Photos and videos', [photo('lake.png')]);
    await mina.dialog.getByRole('textbox', { name: 'Caption of lake.png' }).fill('The lake');
    await mina.dialog.getByRole('button', { name: 'Send', exact: true }).click();
    for (const visitor of [jonas, aylin]) {
      await visitor.button('Open photo: The lake').click();
      const picture = visitor.dialog.getByRole('img', { name: 'The lake' });
      await soon(() => isLoaded(picture)).toBe(true);
      await visitor.page.keyboard.press('Escape');
      await visitor.dialog.waitFor({ state: 'detached' });
    }
  });

  it('learn who has read a message', async () => {
    await aylin.go('/');
    await mina.say('Who has read this?');
    await jonas.sees('Who has read this?');
    await mina.act('Who has read this?', 'Info');
    const part = (heading: string) => mina.dialog.locator('section').filter({ hasText: heading });
    await part('Read by').getByText('Jonas').waitFor();
    await part('Delivered to').getByText('Aylin').waitFor();
    await aylin.openChat('The lake house');
    await part('Read by').getByText('Aylin').waitFor();
    await mina.page.keyboard.press('Escape');
    await mina.reached('Who has read this?', 'read');
  });

  it('remove somebody, who sees it and nothing that comes later', async () => {
    await info(jonas, 'The lake house').click();
    await member(jonas, 'Aylin', 'Remove from the group');
    await jonas.dialog.getByRole('button', { name: 'Remove' }).click();
    await aylin.page.getByText('You are not in this group any more. What was written').waitFor();
    await aylin.composer.waitFor({ state: 'detached' });
    await mina.say('Just the two of us');
    await jonas.openChat('The lake house');
    await jonas.sees('Just the two of us');
    // All that there is for them has been fetched again.
    await aylin.page.reload();
    await aylin.sees('Who has read this?');
    await aylin.row('The lake house').waitFor();
    expect(await aylin.page.getByText('Just the two of us').count()).toBe(0);
  });

  it('find a message anywhere and go to where it stands', async () => {
    await jonas.writeTo(mina);
    await jonas.say('The key is under the red stone');
    await mina.row('Jonas.*under the red stone').waitFor();
    await mina.button('Menu').first().click();
    await mina.page.getByRole('menuitem', { name: 'Search messages' }).click();
    const field = mina.page.getByRole('searchbox', { name: 'Words to look for' });
    await field.fill('red sto');
    await mina.page.getByText('1 message', { exact: true }).waitFor();
    await field.fill('welc');
    await mina
      .button(/Welcome/)
      .and(mina.page.getByRole('main').getByRole('button'))
      .click();
    await mina.page.getByRole('heading', { name: 'The lake house' }).waitFor();
    await soon(() => mina.message('Welcome').getAttribute('class')).toContain('flash');
  });

  it('end their session on all devices at once', async () => {
    const { browser, parley } = web;
    await using other = await Visitor.open(browser, parley);
    other.phone = mina.phone;
    await other.signIn();
    await other.openChat('Jonas');
    await other.sees('The key is under the red stone');
    await mina.go('/settings/devices');
    await mina.button('Sign out everywhere').click();
    await mina.dialog.getByRole('button', { name: /^Sign out/ }).click();
    await mina.page.getByLabel('Phone number').waitFor();
    await other.page.getByLabel('Phone number').waitFor();
    // Nothing of hers is left there.
    expect(await other.page.getByText('The key is under').count()).toBe(0);
    await other.page.reload();
    await other.page.getByLabel('Phone number').waitFor();
    expect(other.problems).toEqual([]);
  });
});
