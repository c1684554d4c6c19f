/**
 * Makes the pictures of the web client in docs/images again, from a conversation that it holds itself: `node scripts/web-pictures.ts`.
 * Needs Chromium and ffmpeg. The pictures show the day on which they are made, at ten in the morning.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '@parley/platform';
import { createStandalone } from '@parley/standalone';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { desktop, type Look, phone, startBrowser, Visitor } from '../tests/support/web.ts';
import { type Scene, setScene } from './lib/scene.ts';

const folder = fileURLToPath(new URL('../docs/images', import.meta.url));
/** Bytes of a picture at most. */
const most = 200 * 1024;

const config = {
  PORT: '0',
  LOG_LEVEL: 'silent',
  OTP_ECHO: 'true',
  OTP_HASH_COST: '4',
  RATE_LIMIT_SCALE: '0',
  JWT_SECRET: crypto.randomUUID(),
  ...(process.env.WEB_DIR === undefined ? {} : { WEB_DIR: process.env.WEB_DIR }),
};

/** Where it is ten o'clock now. The signs of these names are the other way round. */
function morning(): string {
  const hours = 10 - new Date().getUTCHours();
  const east = hours < -12 ? hours + 24 : hours;
  return `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`;
}

interface Picture {
  readonly name: string;
  readonly look?: Look;
  /** Goes to what is to be seen; resolves when it is there. */
  readonly show: (visitor: Visitor, scene: Scene) => Promise<unknown>;
}

async function conversation(visitor: Visitor, { chats }: Scene): Promise<void> {
  await visitor.go(`/c/${chats.group}`);
  await visitor.sees('Emil takes the oars');
}

const pictures: readonly Picture[] = [
  { name: 'web', show: conversation },
  { name: 'web-dark', look: { colorScheme: 'dark' }, show: conversation },
  { name: 'web-phone', look: { viewport: phone }, show: conversation },
  {
    name: 'web-phone-chats',
    look: { viewport: phone },
    show: (visitor) => visitor.row('Weekend at the lake').waitFor(),
  },
  {
    name: 'web-group-info',
    async show(visitor, { chats }) {
      await visitor.go(`/c/${chats.group}/info`);
      await visitor.page.getByText('4 members', { exact: true }).waitFor();
    },
  },
  {
    name: 'web-settings',
    async show(visitor) {
      await visitor.go('/settings');
      await visitor.page.getByText('Where you are signed in').waitFor();
    },
  },
  {
    name: 'web-search',
    async show(visitor) {
      await visitor.go('/search');
      await visitor.page.getByRole('searchbox', { name: 'Words to look for' }).fill('the');
      await visitor.page.locator('mark').first().waitFor();
    },
  },
  {
    name: 'web-viewer',
    async show(visitor, scene) {
      await conversation(visitor, scene);
      await visitor.button(/^Open photo/).click();
      await visitor.dialog.getByRole('img').waitFor();
    },
  },
];

/** Signed in as who the scene is seen by. */
async function enter(browser: Browser, url: string, { phone: number }: Scene, look: Look): Promise<Visitor> {
  const visitor = await Visitor.open(browser, { url }, { locale: 'en-GB', timezoneId: morning(), ...look });
  visitor.phone = number;
  await visitor.signIn();
  await visitor.row('Weekend at the lake').waitFor();
  return visitor;
}

async function take(visitor: Visitor, name: string): Promise<void> {
  // Nothing is pointed at.
  await visitor.page.mouse.move(0, 0);
  await visitor.still();
  const shot = await visitor.page.screenshot({ caret: 'hide' });
  for (const colours of [256, 128, 64]) {
    const bytes = await sharp(shot)
      .png({ palette: true, colours, effort: 10, compressionLevel: 9 })
      .toBuffer();
    if (bytes.length > most && colours > 64) continue;
    await writeFile(join(folder, `${name}.png`), bytes);
    process.stdout.write(`${name}.png ${(bytes.length / 1024).toFixed(0)} KB\n`);
    return;
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'parley-pictures-'));
await using cleanup = new AsyncDisposableStack();
cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
await mkdir(folder, { recursive: true });
const browser = cleanup.adopt(await startBrowser(), (started) => started.close());
const parley = cleanup.adopt(
  await createStandalone(parseConfig({ ...config, PARLEY_DATA_DIR: dataDir })),
  (program) => program.close(),
);
const scene = cleanup.use(await setScene(parley.url));
const only = process.argv.slice(2);
for (const { name, look = {}, show } of pictures) {
  if (only.length > 0 && !only.includes(name)) continue;
  await using visitor = await enter(browser, parley.url, scene, { viewport: desktop, ...look });
  await show(visitor, scene);
  await take(visitor, name);
}
