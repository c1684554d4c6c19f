/** People who look at the web client in a browser. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { Rest, SignedIn } from '../../../../tests/support/rest.ts';

export const chromium = {
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
};

/** A page of somebody who is signed in, and what the browser complains about on it. */
export class Seat implements AsyncDisposable {
  readonly page: Page;
  readonly problems: string[] = [];
  readonly #context: BrowserContext;
  readonly #url: string;

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context;
    this.page = page;
    this.#url = url;
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('ERR_INTERNET_DISCONNECTED')) {
        this.problems.push(message.text());
      }
    });
  }

  static async take(
    browser: Browser,
    url: string,
    user: SignedIn,
    look: BrowserContextOptions = {},
  ): Promise<Seat> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...look });
    const session = {
      user_id: user.id,
      access_token: user.token,
      refresh_token: user.refreshToken,
      expires_in: 900,
      received_at: Date.now(),
    };
    await context.addInitScript(
      ([key, value]) => {
        // An empty page has no storage.
        if (key && value && location.protocol !== 'about:' && localStorage.getItem(key) === null)
          localStorage.setItem(key, value);
      },
      [`parley:${new URL(url).origin}/`, JSON.stringify(session)],
    );
    return new Seat(context, await context.newPage(), url);
  }

  /** Opens a chat; resolves when one can write. With its name also where another chat was open before. */
  async open(chatId: string, name?: string): Promise<void> {
    await this.page.goto(`${this.#url}/#/c/${chatId}`);
    if (name !== undefined) await this.page.getByRole('heading', { name, exact: true }).waitFor();
    await this.field.waitFor();
  }

  get field(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get feed(): Locator {
    return this.page.getByRole('feed');
  }

  /** The message with this text. */
  message(text: string | RegExp): Locator {
    return this.page.locator('article').filter({ hasText: text });
  }

  async write(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** Chooses something of what can be done with a message. */
  async act(text: string | RegExp, action: string): Promise<void> {
    // All these menus are called the same, and the one before may still be on its way out.
    await this.page.getByRole('menu').first().waitFor({ state: 'detached' });
    await this.message(text).locator('[data-text]').click({ button: 'right' });
    await this.page.getByRole('menuitem', { name: action, exact: true }).click();
  }

  /** Waits until the newest message with this text has come so far. */
  async reached(text: string, status: string): Promise<void> {
    await this.message(text).last().locator(`[data-status="${status}"]`).waitFor();
  }

  offline(away: boolean): Promise<void> {
    return this.#context.setOffline(away);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#context.close();
  }
}

/** What a person who cannot see, or uses the keyboard alone, stumbles over: serious findings of axe, in words. */
export async function obstacles(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** Sends messages of lengths that differ, by one or the other; all is written by both. */
export async function fill(
  rest: Rest,
  people: readonly SignedIn[],
  chatId: string,
  count: number,
): Promise<void> {
  for (let at = 0; at < count; at += 100) {
    const sent = Array.from({ length: Math.min(100, count - at) }, (_, index) => {
      const number = at + index;
      const { token } = people[(number >> 2) % people.length] as SignedIn;
      const body = {
        client_msg_id: crypto.randomUUID(),
        type: 'text',
        payload: { body: `No. ${number}${' and then some more'.repeat((number * 7) % 5)}` },
      };
      return rest.call('POST', `/chats/${chatId}/messages`, { token, body });
    });
    await Promise.all(sent);
  }
}

/** Resolves when the list has come to its place: nothing of it moved for twenty frames. */
export function stands(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const feed = document.querySelector('[role=feed]');
    let [before, still] = ['', 0];
    while (still < 20) {
      await new Promise((next) => requestAnimationFrame(next));
      const now = `${feed?.scrollTop} ${feed?.scrollHeight}`;
      still = now === before ? still + 1 : 0;
      before = now;
    }
  });
}

/**
 * Watches the list, frame by frame, until it is asked: how far messages that stayed in view moved against each other, and how far
 * against the way that the wheel turned, in pixels.
 */
export async function watchMoves(
  page: Page,
): Promise<() => Promise<{ apart: number; back: number; articles: number }>> {
  await page.evaluate(() => {
    const feed = document.querySelector('[role=feed]');
    if (!feed) throw new Error('There is no list');
    const seen = { apart: 0, back: 0, articles: 0 };
    let before = new Map<string, number>();
    const look = () => {
      const area = feed.getBoundingClientRect();
      const now = new Map<string, number>();
      const all = [...feed.querySelectorAll('article')];
      for (const article of all) {
        const { top, bottom } = article.getBoundingClientRect();
        const shown = getComputedStyle(article).visibility === 'visible';
        if (shown && bottom > area.top && top < area.bottom) now.set(article.dataset.key ?? '', top);
      }
      const moves = [...now].flatMap(([key, top]) => {
        const was = before.get(key);
        return was === undefined ? [] : [top - was];
      });
      if (moves.length > 0) {
        seen.apart = Math.max(seen.apart, Math.max(...moves) - Math.min(...moves));
        seen.back = Math.max(seen.back, -Math.min(...moves));
      }
      seen.articles = Math.max(seen.articles, all.length);
      before = now;
    };
    // As it is painted: the list puts its rows right when they were measured, which comes after a frame's callbacks and before this.
    const probe = document.body.appendChild(document.createElement('div'));
    probe.style.position = 'fixed';
    new ResizeObserver(look).observe(probe);
    const measure = () => {
      probe.style.width = probe.style.width === '1px' ? '2px' : '1px';
      requestAnimationFrame(measure);
    };
    measure();
    Object.assign(window, { seen });
  });
  return () => page.evaluate(() => Reflect.get(window, 'seen'));
}
