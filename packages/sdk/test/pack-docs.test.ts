// The API reference in docs/sdk: complete, and what the source says.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { docsFolder, makeReference, type Reference } from '../scripts/docs.ts';

const folder = fileURLToPath(new URL(`../../../${docsFolder}`, import.meta.url));

let reference: Reference;
beforeAll(async () => {
  reference = await makeReference();
}, 120_000);

test('every public member has a docstring', () => {
  expect(reference.problems).toEqual([]);
});

test('has what can be imported, and what hooks and procedures answer', () => {
  const { files } = reference;
  expect([...files.keys()].toSorted()).toEqual([
    ...['README.md', 'index.md', 'indexed-db.md', 'node.md', 'react.md', 'types.md'],
  ]);
  expect(files.get('index.md')).toContain('## createClient()');
  expect(files.get('react.md')).toContain('## useMessages()');
  expect(files.get('types.md')).toMatch(/## Message\n[^#]*\| `client_msg_id` \| id \|/);
});

test('is up to date: run npm run docs -w @parley/sdk', async () => {
  const names = (await readdir(folder)).toSorted();
  expect(names).toEqual([...reference.files.keys()].toSorted());
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8');
    expect({ name, same: text === reference.files.get(name) }).toEqual({ name, same: true });
  }
});
