/**
 * The Kotlin client for Android (docs/android.md): generated, compiled and run against a live server. Needs Java and Maven; where they are missing
 * it says so, and fails only where every engine is demanded.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { clientDocumentText, compileClient, generateClient, home } from '../clients/android/make/generate.ts';
import { missingTools } from '../clients/android/make/tools.ts';
import { runExamples, type Told } from '../clients/android/test/program.ts';
import { Relay } from '../clients/android/test/relay.ts';
import { photo } from './support/files.ts';
import { newPhone, startParley } from './support/parley.ts';

test('the document of the client is the one that is kept', async () => {
  expect(await readFile(join(home, 'openapi.json'), 'utf8'), 'run npm run generate').toBe(
    clientDocumentText(),
  );
});

const missing = await missingTools();
if (missing === undefined) describe('the Kotlin client', kotlinClient);
else {
  test(`the Kotlin client is not made here: ${missing}`, () => {
    expect(process.env.REQUIRE_ENGINES).not.toBe('true');
  });
}

function kotlinClient() {
  let sources: string;
  let told: Map<string, Told>;
  let renewals: { asked: string[]; tokens: unknown[] };

  // The first time Maven fetches a compiler.
  beforeAll(async () => {
    sources = await generateClient();
  }, 300_000);

  test('has a method for every operation, and all its names are such as one would write', async () => {
    const methods = await grep(sources, 'apis', /suspend fun (\w+)/g);
    const document = JSON.parse(await readFile(join(home, 'openapi.json'), 'utf8')) as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
    expect(methods.sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
    const models = (await readdir(join(sources, 'parley/client/models'))).map((file) =>
      file.replace('.kt', ''),
    );
    for (const name of [...methods, ...models]) {
      expect(name).not.toMatch(/\d|inline|anyof|oneof|allof|value$|wrapper|inner|_/i);
    }
    for (const name of models) expect(name).not.toMatch(/Response$|Input$|PathsApi/);
    // Enums within a class are named after the field: each of them would be another type.
    expect(await grep(sources, 'models', / enum class (\w+).*\{$/gm)).toEqual([]);
    expect(models.length).toBeGreaterThan(100);
  });

  test('knows what may be null, what may be left out, and which values there are', async () => {
    const message = await read(sources, 'Message');
    expect(message).toMatch(/val replyToPreview: ReplyPreview\?,/);
    expect(message).toMatch(/val editedAt: java\.time\.OffsetDateTime\?,/);
    expect(message).toMatch(/val status: MessageStatus,/);
    expect(message).toMatch(/val seq: kotlin\.Long,/);
    expect(message).toMatch(/val payload: MessagePayload,/);
    expect(await read(sources, 'UpdateProfileRequest')).toMatch(/val displayName: kotlin\.String\? = null/);
    expect(await read(sources, 'MessageStatus')).toMatch(
      /SENT\("sent"\)[\s\S]*READ\("read"\)[\s\S]*UNKNOWN\(/,
    );
    expect(await read(sources, 'SyncChat')).toMatch(/val chat: ChatSummary\?,/);
    expect(await read(sources, 'MuteChatRequest')).toMatch(
      /val muteUntil: java\.time\.OffsetDateTime\? = null/,
    );
  });

  test('has unions as sealed classes, by their discriminators', async () => {
    expect(await read(sources, 'OwnChange')).toMatch(
      /@JsonClassDiscriminator\(discriminator = "kind"\)\s+sealed class OwnChange/,
    );
    expect(await read(sources, 'ChatSettingsChange')).toMatch(
      /@SerialName\(value = "chat_own"\)[\s\S]*\) : OwnChange\(\)/,
    );
    expect(await read(sources, 'SendTextRequest')).toMatch(
      /@SerialName\(value = "text"\)[\s\S]*\) : SendMessageRequest\(\)/,
    );
    expect(await read(sources, 'SendTextRequest')).not.toMatch(/val type/);
    expect(await read(sources, 'VideoPayload')).toMatch(
      /@SerialName\(value = "video"\)[\s\S]*\) : MessagePayload\(\)/,
    );
    expect(await read(sources, 'MessageNewEvent')).toMatch(/val `data`: Message,[\s\S]*\) : ServerEvent\(\)/);
  });

  describe('against a live server', () => {
    let folder: string | undefined;

    beforeAll(async () => {
      const classPath = await compileClient();
      await using parley = await startParley();
      await using relay = await Relay.start(parley.url);
      folder = await mkdtemp(join(tmpdir(), 'parley-android-'));
      const picture = join(folder, 'lake.jpg');
      await writeFile(picture, await photo());
      const args = [parley.url, relay.url, newPhone(), newPhone(), folder, picture];
      told = await runExamples(classPath, args, (what) => trouble(relay, what));
      renewals = { asked: relay.asked, tokens: relay.tokens };
    }, 300_000);

    afterAll(() => folder && rm(folder, { recursive: true, force: true }));

    test('signs in, and sends a first message', () => {
      expect(told.get('wrong code')).toEqual({ code: 'OTP_INVALID', status: '401' });
      expect(told.get('signed in')).toEqual({ new: 'true', life: '900' });
      expect(told.get('signed in (2)')).toEqual({ new: 'true', life: '900' });
      expect(told.get('first message')).toEqual({ seq: '1', type: 'text', text: 'Hello!', media: null });
      expect(told.get('sent twice')).toEqual({ same: 'true' });
    });

    test('pages through history, newest first, without a gap', () => {
      const seqs = Array.from({ length: 22 }, (_, index) => 22 - index);
      expect(told.get('history')).toEqual({ size: '22', seqs: `[${seqs.join(', ')}]`, first: 'number 19' });
    });

    test('gives errors by their codes', () => {
      const said = 'This chat is not there (any more)';
      expect(told.get('missing chat')).toEqual({ code: 'CHAT_NOT_FOUND', status: '404', said });
      expect(told.get('empty text')).toEqual({ code: 'VALIDATION_ERROR', path: 'payload.body' });
    });

    test('reads payloads by the type of their message', () => {
      const deleted = 'This message was deleted';
      expect(told.get('edited and deleted')).toEqual({ edited: 'Hello again!', deleted, type: 'text' });
      expect(told.get('group')).toMatchObject({ name: 'Lake', role: 'admin', type: 'system' });
      expect(told.get('profile')).toEqual({ name: 'Jonas', about: 'everyone', avatar: null });
    });

    test('uploads a photo, and finds addresses that are paths on the server', () => {
      expect(told.get('photo')).toEqual({
        type: 'image',
        text: '📷 The pier',
        width: '1200',
        duration: null,
      });
      expect(told.get('downloaded')).toEqual({ thumbnail: 'true', bytes: 'true', host: '127.0.0.1' });
    });

    test('tries again after 503, and refreshes a refused token once for all who wait', () => {
      expect(told.get('after 503')).toEqual({ name: 'Jonas' });
      expect(told.get('after the token was refused')).toEqual({ names: '[Jonas]' });
      // The other one is that of the live connection.
      expect(renewals.asked.filter((path) => path === 'POST /api/v1/auth/refresh')).toHaveLength(2);
    });

    test('is live: receives, sends, sees typing', () => {
      expect(told.get('synced')).toEqual({ connected: 'true', photo: 'true' });
      expect(told.get('live')).toEqual({ sent: 'true' });
      expect(told.get('typing')).toEqual({ chat: 'true' });
    });

    test('fetches what it missed: an event that got lost, and what came while it was away', () => {
      expect(told.has('gap filled')).toBe(true);
      expect(told.get('reconnected')).toEqual({ connections: '2' });
    });

    test('renews the token of a connection before it runs out', () => {
      expect(told.get('renewed')).toEqual({ connected: 'true', connections: '2' });
      expect(renewals.tokens).toHaveLength(3);
      expect(new Set(renewals.tokens.slice(1)).size).toBe(2);
      expect(told.get('store')).toEqual({ unknown: '0' });
      expect(told.get('signed out')).toEqual({ tokens: null, error: 'UNAUTHORIZED' });
    });
  });
}

/** Makes the trouble that the program asks for. */
async function trouble(relay: Relay, what: string): Promise<void> {
  if (what === 'answer 503 once') relay.isUnavailable = true;
  else if (what === 'refuse the token') relay.refusesNext = true;
  else if (what === 'swallow an event') relay.swallows = true;
  else if (what === 'drop the connection') {
    relay.isDown = true;
    relay.drop();
  } else if (what === 'let it connect again') {
    relay.isDown = false;
    relay.shortLife = 2;
  } else if (what === 'wait for another token') {
    await vi.waitFor(() => expect(relay.tokens).toHaveLength(3), { timeout: 10_000 });
  } else throw new Error(`nobody knows how to ${what}`);
}

function read(sources: string, model: string): Promise<string> {
  return readFile(join(sources, 'parley/client/models', `${model}.kt`), 'utf8');
}

/** What the first group of a pattern is in all files of a package. */
async function grep(sources: string, name: string, pattern: RegExp): Promise<string[]> {
  const folder = join(sources, 'parley/client', name);
  const texts = await Promise.all(
    (await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')),
  );
  return texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
}
