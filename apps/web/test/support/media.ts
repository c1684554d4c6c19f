/** Two people who send each other files, in a browser that has a microphone. */
import { crc32, deflateSync } from 'node:zlib';
import { type Browser, chromium as engine, type Locator, type Page } from 'playwright-core';
import { ensureWeb } from '../../../../scripts/lib/web.ts';
import { startParley, type TestParley } from '../../../../tests/support/parley.ts';
import type { SignedIn } from '../../../../tests/support/rest.ts';
import { chromium, Seat } from './conversation.ts';

/** A browser whose microphone beeps, and that lets pages use it. */
const withMicrophone = {
  ...chromium,
  args: [...chromium.args, '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
};

/** A PNG of one colour, or of noise, which no compression makes small. */
export function png(width: number, height: number, colour?: readonly [number, number, number]): Buffer {
  const rows = Array.from({ length: height }, () => {
    const row = Buffer.alloc(1 + width * 3);
    for (let at = 1; at < row.length; at++) row[at] = colour?.[(at - 1) % 3] ?? Math.random() * 256;
    return row;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const data = deflateSync(Buffer.concat(rows));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

export interface TestFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export function photo(name: string, width = 400, height = 300): TestFile {
  return { name, mimeType: 'image/png', buffer: png(width, height, [20, 89, 107]) };
}

/** Picks files by the button beside what one writes. */
export async function attach(page: Page, item: string, files: readonly TestFile[]): Promise<void> {
  await page.getByRole('button', { name: 'Attach' }).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('menuitem', { name: item }).click();
  await (await chooser).setFiles([...files]);
}

/** Pastes a file where one writes. */
export async function paste(field: Locator, { name, mimeType, buffer }: TestFile): Promise<void> {
  await field.evaluate(
    (element, { name, type, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], name, { type }));
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    },
    { name, type: mimeType, base64: buffer.toString('base64') },
  );
}

/** Whether a picture was loaded. */
export function isLoaded(picture: Locator): Promise<boolean> {
  return picture.evaluate((element) => element instanceof HTMLImageElement && element.naturalWidth > 0);
}

/** Where files are fetched from: the server itself, or the bucket of an S3. */
export const ofFiles = /\/(objects|whatsapp-media)\//;

/** Has every file's address refused the first time, as one whose hour is over; answers which were. */
export async function refuseOnce(page: Page): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  await page.route(ofFiles, (route) => {
    const { pathname } = new URL(route.request().url());
    if (refused.has(pathname)) return route.continue();
    refused.add(pathname);
    return route.fulfill({ status: 403, body: '' });
  });
  return refused;
}

/** Mina here and Jonas there, each at a page. */
export class Two implements AsyncDisposable {
  readonly parley: TestParley;
  readonly mina: SignedIn;
  readonly here: Seat;
  readonly there: Seat;
  readonly #browser: Browser;
  readonly #jonas: SignedIn;

  private constructor(
    parley: TestParley,
    browser: Browser,
    people: [SignedIn, SignedIn],
    seats: [Seat, Seat],
  ) {
    this.parley = parley;
    this.#browser = browser;
    [this.mina, this.#jonas] = people;
    [this.here, this.there] = seats;
  }

  static async start(): Promise<Two> {
    await ensureWeb();
    const parley = await startParley();
    const browser = await engine.launch(withMicrophone);
    const people: [SignedIn, SignedIn] = [await parley.user('Mina'), await parley.user('Jonas')];
    const take = (user: SignedIn) => Seat.take(browser, parley.url, user);
    return new Two(parley, browser, people, [await take(people[0]), await take(people[1])]);
  }

  /** A chat of its own for each test, open on both sides; answers its id. */
  async meet(name: string): Promise<string> {
    const body = { type: 'group', name, participant_ids: [this.#jonas.id] };
    const { data } = await this.parley.rest.call('POST', '/chats', { token: this.mina.token, body });
    const { chat_id } = data as { chat_id: string };
    await Promise.all([this.here.open(chat_id, name), this.there.open(chat_id, name)]);
    return chat_id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.parley[Symbol.asyncDispose]();
  }
}
