/** What the page looks like, in light and dark, wide and narrow: nobody is kept out, nothing sticks out. Pictures in test-results/web. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Scene, setScene } from '../../scripts/lib/scene.ts';
import { desktop, hasBrowser, phone, startWeb, Visitor, type Web } from '../support/web.ts';

const folder = fileURLToPath(new URL('../../test-results/web', import.meta.url));
const group = 'Weekend at the lake';

/** What is looked at by who is signed in: goes there, and resolves when it is there. */
const pages: Readonly<Record<string, (visitor: Visitor, chats: Scene['chats']) => Promise<unknown>>> = {
  chats: (visitor) => visitor.row(group).waitFor(),
  async conversation(visitor, chats) {
    await visitor.go(`/c/${chats.group}`);
    await visitor.sees('Emil takes the oars');
  },
  async viewer(visitor) {
    await visitor.button(/^Open photo/).click();
    await visitor.dialog.getByRole('img').waitFor();
  },
  async 'group-info'(visitor, chats) {
    await visitor.go(`/c/${chats.group}/info`);
    await visitor.page.getByText('4 members', { exact: true }).waitFor();
  },
  async search(visitor) {
    await visitor.go('/search');
    await visitor.page.getByRole('searchbox', { name: 'Words to look for' }).fill('the');
    await visitor.page.locator('mark').first().waitFor();
  },
  async settings(visitor) {
    await visitor.go('/settings');
    await visitor.page.getByText('Where you are signed in').waitFor();
  },
};

/** With `audit` axe looks, too: at either theme and either width once, since it takes longer than all else here. */
const looks = [
  { name: 'light', viewport: desktop, colorScheme: 'light', audit: true },
  { name: 'dark', viewport: desktop, colorScheme: 'dark', audit: false },
  { name: 'phone-light', viewport: phone, colorScheme: 'light', audit: false },
  { name: 'phone-dark', viewport: phone, colorScheme: 'dark', audit: true },
  { name: 'right-to-left', viewport: desktop, colorScheme: 'light', audit: false, dir: 'rtl' },
] as const;

describe.skipIf(!hasBrowser)('the page', () => {
  let web: Web;
  let scene: Scene;
  beforeAll(async () => {
    [web] = await Promise.all([startWeb(), mkdir(folder, { recursive: true })]);
    scene = await setScene(web.parley.url);
  }, 120_000);
  afterAll(async () => {
    await scene?.[Symbol.asyncDispose]();
    await web?.[Symbol.asyncDispose]();
  });

  /** Takes a picture, and says what is wrong. */
  async function look(visitor: Visitor, name: string, audit: boolean): Promise<string[]> {
    const { page } = visitor;
    await visitor.still();
    await page.screenshot({ path: `${folder}/${name}.png` });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    const found = audit ? await visitor.obstacles() : [];
    return [...found, ...(wide ? ['scrolls sideways'] : [])].map((what) => `${name}: ${what}`);
  }

  it.each(looks)(
    'keeps nobody out and nothing sticks out: $name',
    async ({ name, audit, ...how }) => {
      await using visitor = await Visitor.open(web.browser, web.parley, how);
      const { page } = visitor;
      if ('dir' in how) {
        const { dir } = how;
        await page.addInitScript((value) => {
          document.addEventListener('DOMContentLoaded', () => {
            document.documentElement.dir = value;
          });
        }, dir);
        await page.reload();
      }
      visitor.phone = scene.phone;
      const wrong: string[] = [];
      await page.getByLabel('Phone number').fill(visitor.phone);
      wrong.push(...(await look(visitor, `${name}-sign-in`, audit)));
      await page.getByRole('button', { name: 'Send code' }).click();
      await page.getByRole('button', { name: 'Fill in' }).waitFor();
      wrong.push(...(await look(visitor, `${name}-code`, audit)));
      await page.getByRole('button', { name: 'Fill in' }).click();
      for (const [what, show] of Object.entries(pages)) {
        await show(visitor, scene.chats);
        wrong.push(...(await look(visitor, `${name}-${what}`, audit)));
        if (what === 'viewer') await page.keyboard.press('Escape');
      }
      await visitor.go('/demo');
      await page.getByText('Shall I bring the boat?').filter({ visible: true }).last().waitFor();
      wrong.push(...(await look(visitor, `${name}-demo`, audit)));
      expect(wrong).toEqual([]);
      expect(visitor.problems).toEqual([]);
    },
    60_000,
  );

  it('is used from the sign-in to a message and a reaction without a pointer', async () => {
    await using visitor = await Visitor.open(web.browser, web.parley);
    const { page } = visitor;
    const { keyboard } = page;
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    const named = () =>
      page.evaluate(() => {
        const { activeElement: at } = document;
        return at?.getAttribute('aria-label') ?? at?.textContent?.trim() ?? '';
      });
    /** Presses a key until the focus is where it should be. */
    const reach = async (key: string, there: () => Promise<boolean>) => {
      for (let times = 0; times < 30 && !(await there()); times++) await keyboard.press(key);
      expect(await there(), `${key} goes there; it is at “${await named()}”`).toBe(true);
    };
    const onField = (label: string) => () =>
      page.getByLabel(label).evaluate((element) => element === document.activeElement);
    await page.getByLabel('Phone number').waitFor();
    await reach('Tab', onField('Phone number'));
    await keyboard.type(scene.phone);
    await keyboard.press('Enter');
    const shown = page.getByText(/Your code is \d{6}/);
    await shown.waitFor();
    // The field for the code has the focus by itself.
    await keyboard.type(/\d{6}/.exec((await shown.textContent()) ?? '')?.[0] ?? '');
    await visitor.row(group).waitFor();
    await reach('Tab', () =>
      page.evaluate((text) => {
        const { activeElement: at } = document;
        return at?.tagName === 'A' && at.textContent.includes(text);
      }, group),
    );
    await keyboard.press('Enter');
    await visitor.composer.waitFor();
    const composer = () => visitor.composer.evaluate((field) => field === document.activeElement);
    await reach('Tab', composer);
    await keyboard.type('Written without a mouse');
    await keyboard.press('Enter');
    await visitor.sees('Written without a mouse');
    await reach('Shift+Tab', () => page.evaluate(() => document.activeElement?.tagName === 'ARTICLE'));
    await keyboard.press('End');
    await reach('ArrowDown', async () => (await focused()).includes('Written without a mouse'));
    await keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'React with 👍' }).waitFor();
    await reach('ArrowDown', async () => (await named()) === 'React with 👍');
    await keyboard.press('Enter');
    const reaction = visitor
      .message('Written without a mouse')
      .getByRole('button', { name: /👍 from 1 person/ });
    await reaction.waitFor();
    expect(visitor.problems).toEqual([]);
  });
});
