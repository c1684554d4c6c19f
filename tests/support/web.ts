/** People in real browsers: each has a context of its own, so its own storage, and complaints of the page are kept. */
import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { ensureWeb } from '../../scripts/lib/web.ts';
import { newPhone, startParley, type TestParley } from './parley.ts';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  // A microphone that hums, and nobody to ask whether it may be used.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

export interface Look {
  viewport?: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
  locale?: string;
  timezoneId?: string;
}

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1280, height: 800 };

/** Whether this machine has a browser. */
export const hasBrowser = existsSync(executablePath);

/** Builds the page if it must be, and starts a browser; end it with `close()`. */
export async function startBrowser(): Promise<Browser> {
  // Another build than the tree's can be tested, too.
  if (process.env.WEB_DIR === undefined) await ensureWeb();
  return chromium.launch({ executablePath, args });
}

export interface Web extends AsyncDisposable {
  readonly parley: TestParley;
  readonly browser: Browser;
}

/** A Parley with its page, and a browser to look at it. */
export async function startWeb(): Promise<Web> {
  await using cleanup = new AsyncDisposableStack();
  const browser = cleanup.adopt(await startBrowser(), (started) => started.close());
  const { WEB_DIR } = process.env;
  const parley = cleanup.use(await startParley(WEB_DIR === undefined ? {} : { WEB_DIR }));
  const all = cleanup.move();
  return { parley, browser, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

export class Visitor implements AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly url: string;
  /** What the page complained of: errors, refused contents, requests to other hosts. */
  readonly problems: string[] = [];
  phone = '';
  name = '';

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.context = context;
    this.page = page;
    this.url = url;
    const { hostname } = new URL(url);
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      // A server that is away is no mistake of the page.
      const expected = /Failed to load resource|WebSocket (connection to|is already in CLOSING)|ERR_/.test(
        message.text(),
      );
      if (message.type() === 'error' && !expected) this.problems.push(message.text());
    });
    page.on('request', (request) => {
      const asked = new URL(request.url());
      if (asked.protocol.startsWith('http') && asked.hostname !== hostname) this.problems.push(request.url());
    });
  }

  /** A browser of its own at the sign-in page. */
  static async open(browser: Browser, parley: Pick<TestParley, 'url'>, look: Look = {}): Promise<Visitor> {
    const context = await browser.newContext({
      viewport: desktop,
      permissions: ['microphone', 'clipboard-read', 'clipboard-write'],
      ...look,
    });
    context.setDefaultTimeout(15_000);
    const visitor = new Visitor(context, await context.newPage(), parley.url);
    await visitor.page.goto(parley.url);
    return visitor;
  }

  /** Somebody new, signed in by phone and the code that the page shows. */
  static async signUp(
    browser: Browser,
    parley: Pick<TestParley, 'url'>,
    name: string,
    look: Look = {},
  ): Promise<Visitor> {
    const visitor = await Visitor.open(browser, parley, look);
    visitor.phone = newPhone();
    visitor.name = name;
    await visitor.signIn();
    await visitor.page.getByLabel('Your name').fill(name);
    await visitor.page.getByRole('button', { name: 'Done' }).click();
    await visitor.page.getByRole('heading', { name: 'Chats' }).waitFor();
    return visitor;
  }

  async signIn(): Promise<void> {
    const { page } = this;
    await page.getByLabel('Phone number').fill(this.phone);
    await page.getByRole('button', { name: 'Send code' }).click();
    await page.getByRole('button', { name: 'Fill in' }).click();
  }

  /** Opens a chat with somebody whose number one knows. */
  async writeTo(other: Visitor): Promise<void> {
    const { page } = this;
    await this.go('/new');
    const field = page.getByRole('searchbox', { name: 'Name or phone number' });
    await field.fill(other.phone);
    await field.press('Enter');
    await this.atChat(other.name);
  }

  /** Opens a chat of the list. */
  async openChat(name: string): Promise<void> {
    await this.go('/');
    await this.row(name).click();
    await this.atChat(name);
  }

  /** Another part of the page, by its address. */
  async go(route: string): Promise<void> {
    await this.page.goto(`${this.url}/#${route}`);
  }

  private async atChat(name: string): Promise<void> {
    await this.page.getByRole('heading', { name, exact: true }).waitFor();
    await this.composer.waitFor();
  }

  /** A chat in the list, by its name and whatever else its row says. */
  row(text: string): Locator {
    return this.page.getByRole('link', { name: new RegExp(text) }).first();
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  /** The question or form in front of everything else. */
  get dialog(): Locator {
    return this.page.getByRole('dialog').or(this.page.getByRole('alertdialog'));
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** A message in the conversation that is open. */
  message(text: string | RegExp): Locator {
    return this.page.getByRole('article').filter({ hasText: text });
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.message(text).first().waitFor();
  }

  /** Waits until a message of one's own has come so far. */
  async reached(text: string, status: 'pending' | 'sent' | 'delivered' | 'read'): Promise<void> {
    await this.message(text).last().locator(`[data-status="${status}"]`).waitFor();
  }

  /** Chooses something of what can be done with a message. */
  async act(text: string, action: string): Promise<void> {
    // The one before may be closing still.
    await this.page.getByRole('menu').first().waitFor({ state: 'detached' });
    await this.page
      .locator('article [data-text]')
      .filter({ hasText: text })
      .last()
      .click({ button: 'right' });
    await this.page.getByRole('menuitem', { name: action, exact: true }).click();
  }

  /** What the open conversation says, as far as it is in the page, from the oldest to the newest. */
  async texts(): Promise<string[]> {
    const texts = this.page.getByRole('article').locator('[data-text]');
    // Without the time and the tick at its end.
    return texts.evaluateAll((all) =>
      all.map((text) =>
        [...text.childNodes]
          .filter((node) => !(node instanceof Element && node.querySelector('time')))
          .map(({ textContent }) => textContent)
          .join(''),
      ),
    );
  }

  /** Waits until all pictures in view are there and nothing moves any more. */
  async still(): Promise<void> {
    await this.page.waitForFunction(() => {
      const loaded = [...document.images].every((image) => {
        const { top, bottom } = image.getBoundingClientRect();
        return image.complete || bottom < 0 || top > innerHeight;
      });
      const moving = document.getAnimations().some((animation) => {
        return (
          animation.playState === 'running' &&
          animation.effect?.getTiming().iterations !== Number.POSITIVE_INFINITY
        );
      });
      return loaded && !moving;
    });
  }

  /** As if the tab were closed; `back` opens it again. */
  async leave(): Promise<void> {
    await this.page.goto('about:blank');
  }

  async back(): Promise<void> {
    await this.go('/');
    await this.page.getByRole('heading', { name: 'Chats' }).waitFor();
  }

  /** What a person who cannot see, or uses the keyboard alone, stumbles over: serious findings of axe, in words. */
  async obstacles(): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}
