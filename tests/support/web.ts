/** People in real browsers: each has a context of its own, so its own storage, and complaints of the page are kept. */
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { ensureWeb } from '../../scripts/lib/web.ts';
import { newPhone, type TestParley } from './parley.ts';

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
}

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1280, height: 800 };

/** Builds the page if it must be, and starts a browser; end it with `close()`. */
export async function startBrowser(): Promise<Browser> {
  await ensureWeb();
  return chromium.launch({ executablePath, args });
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
      const expected = /Failed to load resource|WebSocket connection to|ERR_/.test(message.text());
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
    await page.goto(`${this.url}/#/new`);
    await page.getByLabel('Phone number').fill(other.phone);
    await page.getByLabel('Phone number').press('Enter');
    await page
      .getByRole('button', { name: new RegExp(other.name) })
      .first()
      .click();
    await this.composer.waitFor();
  }

  /** Opens a chat of the list. */
  async openChat(name: string): Promise<void> {
    await this.page.goto(`${this.url}/#/`);
    await this.page
      .getByRole('link', { name: new RegExp(name) })
      .first()
      .click();
    await this.composer.waitFor();
  }

  get composer() {
    return this.page.getByRole('textbox', { name: 'Write a message' });
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** A message in the conversation that is open. */
  message(text: string) {
    return this.page.getByRole('article').filter({ hasText: text });
  }

  async sees(text: string): Promise<void> {
    await this.message(text).first().waitFor();
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
