/** The document of the Kotlin client, and the page that tells how to use it (docs/android.md). What becomes of both is in tests/android.test.ts. */
import { glob, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { serverEvents } from '@parley/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { clientDocument } from '../../../clients/android/document/client-document.ts';
import { generatorVersion, home } from '../../../clients/android/make/generate.ts';
import type { JsonSchema } from '../src/bridge/input-fields.ts';
import { openApiDocument } from '../src/openapi/write.ts';

const given = openApiDocument();
const document = clientDocument(given);
const schemas = document.components.schemas as Record<string, JsonSchema>;
/** Keywords of a named schema, as what the test expects them to be. */
const schemaOf = <T>(name: string) => (schemas[name] ?? {}) as T;
interface Union {
  discriminator: { propertyName: string; mapping: Record<string, string> };
}
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function operation(method: string, path: string) {
  return (document.paths[`/api/v1${path}`] as Record<string, JsonSchema>)[method] as JsonSchema & {
    responses: Record<string, { description: string; content?: Record<string, { schema: JsonSchema }> }>;
  };
}

describe('the document of the Kotlin client', () => {
  test('leaves the one that it is made from as it is', () => {
    expect(given).toEqual(openApiDocument());
  });

  test('answers with the data, without the envelope, and lists errors by their codes', () => {
    const { responses } = operation('post', '/chats/{chat_id}/messages');
    expect(responses['201']?.content).toEqual({ 'application/json': { schema: ref('Message') } });
    expect(responses['404']).toEqual({ description: 'NOT_FOUND, CHAT_NOT_FOUND' });
    expect(Object.keys(schemas).filter((name) => name.endsWith('Response'))).toEqual([]);
  });

  test('has every operation but the download and those for operators, each with a body that is always there', () => {
    const count = (paths: object) =>
      Object.values(paths).flatMap((item) => Object.keys(item as object)).length;
    expect(count(document.paths)).toBe(count(given.paths) - 4);
    expect(operation('post', '/sync')).toMatchObject({ requestBody: { required: true } });
  });

  test('has unions as parents and children, by a discriminator that the children do not have', () => {
    const { discriminator } = schemaOf<Union>('OwnChange');
    expect(discriminator).toMatchObject({ propertyName: 'kind' });
    expect(discriminator.mapping).toMatchObject({
      chat_own: ref('ChatSettingsChange').$ref,
      unknown: ref('UnknownChange').$ref,
    });
    const [parent, own] = schemaOf<{ allOf: [JsonSchema, JsonSchema] }>('StarChange').allOf;
    expect(parent).toEqual(ref('OwnChange'));
    expect(own.properties).not.toHaveProperty('kind');
    expect(own.required).toEqual(['version', 'chat_id', 'message_id', 'is_starred']);
    // What is sent has no unknown variant.
    expect(schemas).not.toHaveProperty('UnknownRequest');
  });

  test('has a payload for every type of message, and one for deleted ones', () => {
    const { mapping } = schemaOf<Union>('MessagePayload').discriminator;
    const types = schemas.MessageType?.enum as string[];
    expect(Object.keys(mapping)).toEqual([...types, 'deleted', 'unknown']);
  });

  test('has a frame for every event of /ws, and refers to nothing that is not there', () => {
    const { mapping } = schemaOf<Union>('ServerEvent').discriminator;
    const events = Object.keys(serverEvents).filter((event) => event !== 'pong');
    expect(Object.keys(mapping)).toEqual([...events, 'unknown']);
    expect(schemas.MessageNewEvent?.allOf).toContainEqual(
      expect.objectContaining({ properties: expect.objectContaining({ data: ref('Message') }) }),
    );
    const text = JSON.stringify(document);
    const refs = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1]));
    for (const name of refs) expect(Object.keys(schemas)).toContain(name);
    for (const name of Object.keys(schemas)) expect([...refs, 'ApiError'], name).toContain(name);
  });

  test('has no enum of numbers, and one object where an edit may be either', () => {
    expect(schemas.EditPayload).toMatchObject({ properties: { body: {}, caption: {} } });
    for (const schema of Object.values(schemas)) expect(JSON.stringify(schema)).not.toMatch(/"enum":\[\d/);
  });
});

describe('docs/android.md', () => {
  const regions = new Map<string, string>();
  let page: string;

  beforeAll(async () => {
    page = await readFile(join(home, '../../docs/android.md'), 'utf8');
    for await (const path of glob('src/example/kotlin/parley/**/*.kt', { cwd: home })) {
      const text = await readFile(join(home, path), 'utf8');
      for (const [, name = '', code = ''] of text.matchAll(/\/\/ region (\S+)\n([\s\S]*?)\/\/ endregion/g)) {
        regions.set(name, code.trimEnd());
      }
    }
  });

  test('shows Kotlin that is compiled, all of it', () => {
    const blocks = [...page.matchAll(/```kotlin([^\n]*)\n([\s\S]*?)\n```/g)];
    expect(blocks.map(([, name = '']) => name.replace(' region ', '')).sort()).toEqual(
      [...regions.keys()].sort(),
    );
    for (const [, name = '', code] of blocks) expect(code).toBe(regions.get(name.replace(' region ', '')));
    const languages = [...page.matchAll(/```(\w+)/g)].map((match) => match[1]);
    expect([...new Set(languages)].sort()).toEqual(['gradle', 'kotlin', 'xml']);
  });

  test('names the versions that are compiled with, and files that are there', async () => {
    const pom = await readFile(join(home, 'pom.xml'), 'utf8');
    const kotlin = pom.match(/<kotlin.version>(.+?)</)?.[1];
    expect(page).toContain(`plugin.serialization") version "${kotlin}"`);
    expect(page).toContain(`"org.openapi.generator") version "${generatorVersion}"`);
    for (const [, library, version] of page.matchAll(/api\("[\w.]+:([\w-]+):([\d.]+)"\)/g)) {
      expect(pom).toMatch(new RegExp(`<artifactId>${library}(-jvm)?</artifactId>\\s*<version>${version}<`));
    }
    for (const [, path = ''] of page.matchAll(/\]\((?!http|#)([^)]+)\)/g)) {
      await expect(stat(join(home, '../../docs', path)), path).resolves.toBeDefined();
    }
  });
});
