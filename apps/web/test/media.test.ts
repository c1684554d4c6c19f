// Files, places and recordings in the web client, as two people see them in a browser.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromium, type Seat } from './support/conversation.ts';
import { attach, isLoaded, ofFiles, paste, photo, png, refuseOnce, Two } from './support/media.ts';

describe.skipIf(!existsSync(chromium.executablePath))('files in a browser', () => {
  let two: Two;
  let here: Seat;
  let there: Seat;
  const meet = (name: string) => two.meet(name);
  const history = (chatId: string) => two.parley.rest.history(two.mina, chatId);

  beforeAll(async () => {
    two = await Two.start();
    ({ here, there } = two);
  }, 120_000);
  afterAll(() => two?.[Symbol.asyncDispose]());

  /** Those that people have sent; the group's own line is not one. */
  const messages = () => here.page.locator('article').filter({ has: here.page.locator('[data-status]') });
  /** Whatever becomes of it on the other side. */
  const stored = (text: string) =>
    here
      .message(text)
      .locator(':is([data-status=sent], [data-status=delivered], [data-status=read])')
      .waitFor();
  const sendButton = (seat: Seat) =>
    seat.page.getByRole('dialog').getByRole('button', { name: /^Send( \d+)?$/ });

  test('picked photos are looked at, described and sent; the other side sees them with room kept', async () => {
    await meet('Photos');
    await attach(here.page, 'Photos and videos', [photo('lake.png'), photo('tall.png', 300, 600)]);
    const dialog = here.page.getByRole('dialog', { name: 'Send 2 files' });
    await dialog.getByRole('textbox', { name: 'Caption of lake.png' }).fill('The lake');
    await sendButton(here).click();
    await stored('The lake');

    const lake = there.page.getByRole('button', { name: 'Open photo: The lake' });
    await lake.waitFor();
    const tall = there.page.getByRole('button', { name: 'Open photo', exact: true });
    const [wide, high] = await Promise.all([lake.boundingBox(), tall.boundingBox()]);
    expect((wide?.width ?? 0) / (wide?.height ?? 1)).toBeCloseTo(4 / 3, 1);
    expect((high?.width ?? 0) / (high?.height ?? 1)).toBeCloseTo(1 / 2, 1);
    await expect.poll(() => isLoaded(lake.locator('img').last())).toBe(true);
    expect([...here.problems, ...there.problems]).toEqual([]);
  });

  test('a picture that is pasted is sent; what cannot be sent is told before', async () => {
    await meet('Pasted');
    await paste(here.field, photo('pasted.png'));
    await here.page.getByRole('dialog', { name: 'Send a file' }).waitFor();
    await sendButton(here).click();
    await there.page.getByRole('button', { name: 'Open photo' }).waitFor();

    await paste(here.field, { name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<p>') });
    await here.page.getByText('Files of this kind cannot be sent').waitFor();
    expect(await sendButton(here).isDisabled()).toBe(true);
    await here.page.keyboard.press('Escape');
    await here.page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await messages().count()).toBe(1);
  });

  test('an upload shows how far it is, and can be stopped', async () => {
    const chatId = await meet('Slowly');
    const network = await here.page.context().newCDPSession(here.page);
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 100_000 };
    await network.send('Network.emulateNetworkConditions', slow);
    const large = { name: 'noise.png', mimeType: 'image/png', buffer: png(700, 700) };
    await attach(here.page, 'Photos and videos', [large]);
    await sendButton(here).click();
    const ring = here.page.getByRole('progressbar');
    const part = async () => Number((await ring.getAttribute('aria-valuenow')) ?? 0);
    await expect.poll(part, { timeout: 10_000 }).toBeGreaterThan(5);
    expect(await part()).toBeLessThan(100);
    await here.page.getByRole('button', { name: 'Stop sending' }).click();
    await expect.poll(() => messages().count()).toBe(0);
    await network.detach();
    await two.parley.settled();
    const stored = await history(chatId);
    expect(stored.map(({ type }) => type)).toEqual(['system']);
  });

  test('a file that the server refuses says why, and can be thrown away', async () => {
    await meet('Refused');
    const fake = { name: 'fake.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('I am no picture at all') };
    await attach(here.page, 'Photos and videos', [fake]);
    await sendButton(here).click();
    await here.page.getByText('Files of this kind cannot be sent.').first().waitFor();
    await here.page.getByRole('button', { name: 'Do not send' }).click();
    await expect.poll(() => messages().count()).toBe(0);
  });

  test('a voice message is recorded here and played there', async () => {
    const chatId = await meet('Voice');
    const { page } = here;
    await page.getByRole('button', { name: 'Record a voice message' }).click();
    const timer = page.getByRole('timer');
    await expect.poll(() => timer.textContent(), { timeout: 10_000 }).toBe('0:02');
    await page.keyboard.press('Escape');
    await timer.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Record a voice message' }).click();
    await expect.poll(() => timer.textContent(), { timeout: 10_000 }).toBe('0:02');
    await page.getByRole('button', { name: 'Send the recording' }).click();
    await there.page.getByRole('button', { name: 'Play', exact: true }).click();
    const sound = there.page.locator('audio');
    await expect
      .poll(() => sound.evaluate((audio: HTMLAudioElement) => audio.currentTime))
      .toBeGreaterThan(0.5);
    await there.page.getByRole('button', { name: /^Speed 1×/ }).click();
    expect(await sound.evaluate((audio: HTMLAudioElement) => audio.playbackRate)).toBe(1.5);

    const message = (await history(chatId)).find(({ type }) => type === 'audio');
    expect(message).toMatchObject({ type: 'audio', media: { mime_type: 'audio/ogg; codecs=opus' } });
    const { duration_ms } = (message?.payload ?? {}) as { duration_ms?: number };
    expect(duration_ms).toBeGreaterThan(1800);
    expect(duration_ms).toBeLessThan(4500);
    expect(there.problems).toEqual([]);
  });

  test('a document keeps its name and bytes', async () => {
    await meet('Document');
    const buffer = Buffer.from('Bring the boat.\n'.repeat(200));
    await attach(here.page, 'Document', [{ name: 'Plan für Samstag.txt', mimeType: 'text/plain', buffer }]);
    await sendButton(here).click();
    const coming = there.page.waitForEvent('download');
    await there.page.getByRole('button', { name: 'Download Plan für Samstag.txt' }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe('Plan für Samstag.txt');
    expect(await readFile(await download.path())).toEqual(buffer);
  });

  test('a place is found, named and opened in maps', async () => {
    await meet('Place');
    const { page } = here;
    const context = page.context();
    await page.getByRole('button', { name: 'Attach' }).click();
    await page.getByRole('menuitem', { name: 'Location' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send a location' });
    await dialog.getByLabel('Coordinates').fill('somewhere');
    await sendButton(here).click();
    await dialog.getByText('These are no coordinates.').waitFor();
    await context.grantPermissions(['geolocation']);
    await context.setGeolocation({ latitude: 47.2692, longitude: 9.4005 });
    await dialog.getByRole('button', { name: 'Use where I am' }).click();
    await expect.poll(() => dialog.getByLabel('Coordinates').inputValue()).toBe('47.26920, 9.40050');
    await dialog.getByLabel(/Name of the place/).fill('Seealpsee');
    await sendButton(here).click();
    const link = there.message('Seealpsee').getByRole('link', { name: 'Open in maps' });
    expect(await link.getAttribute('href')).toBe('geo:47.2692,9.4005?q=47.2692,9.4005(Seealpsee)');
  });

  test('the viewer goes through pictures by keyboard and gives the focus back', async () => {
    await meet('Viewer');
    const { page } = here;
    await attach(page, 'Photos and videos', [photo('one.png'), photo('two.png')]);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Caption of one.png' }).fill('One');
    await dialog.getByRole('textbox', { name: 'Caption of two.png' }).fill('Two');
    await sendButton(here).click();
    await stored('Two');

    const two = page.getByRole('button', { name: 'Open photo: Two' });
    await two.press('Enter');
    const viewer = page.getByRole('dialog', { name: 'Mina' });
    await viewer.getByText('Two', { exact: true }).waitFor();
    const width = async () => (await viewer.getByRole('img', { name: 'Two' }).boundingBox())?.width ?? 0;
    const before = await width();
    await page.keyboard.press('+');
    await expect.poll(width).toBeCloseTo(before * 2, 0);
    await page.keyboard.press('ArrowLeft');
    await viewer.getByText('One', { exact: true }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await viewer.getByText('1 of 2').waitFor();
    await page.keyboard.press('ArrowRight');
    await viewer.getByText('2 of 2').waitFor();
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    await expect.poll(() => two.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('a picture whose address is over is asked for again', async () => {
    await meet('Expired');
    await attach(here.page, 'Photos and videos', [photo('old.png')]);
    await sendButton(here).click();
    const picture = there.page.getByRole('button', { name: 'Open photo' });
    await picture.waitFor();
    const refused = await refuseOnce(there.page);
    await there.page.reload();
    await picture.waitFor();
    await expect.poll(() => isLoaded(picture.locator('img').last())).toBe(true);
    expect(refused.size).toBeGreaterThan(0);
    await there.page.unroute(ofFiles);
  });
});
