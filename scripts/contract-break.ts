/**
 * Refuses a change of the contract that breaks clients which are out there, unless it is declared with its reason. `--release` makes the present
 * documents the released ones: do that with every release.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { judge, parseDeclared } from './contract-break/declared.ts';
import { findBreaks, lineOf } from './contract-break/operations.ts';
import type { Schema } from './contract-break/shape.ts';

/** Each as it is, and as clients that are out there know it: the routes, and the events of sockets. */
const documents = [
  { present: 'apps/api/openapi.json', released: 'apps/api/openapi.released.json' },
  { present: 'apps/realtime/frames.json', released: 'apps/realtime/frames.released.json' },
];
const declaredBreaks = 'apps/api/openapi.breaks.json';

async function read(path: string): Promise<Schema> {
  return JSON.parse(await readFile(path, 'utf8')) as Schema;
}

async function check(): Promise<number> {
  const found = documents.map(async ({ released, present }) =>
    findBreaks(await read(released), await read(present)),
  );
  const breaks = (await Promise.all(found)).flat();
  const declared = parseDeclared(await readFile(declaredBreaks, 'utf8'));
  const { undeclared, stale } = judge(breaks.map(lineOf), declared);
  for (const line of undeclared) console.error(`breaks clients: ${line}`);
  for (const line of stale) console.error(`declared, but no break: ${line}`);
  if (undeclared.length === 0 && stale.length === 0) {
    console.log(`No client breaks that is not declared (${declared.length} declared).`);
    return 0;
  }
  console.error(
    `Change the contract so that clients go on, or declare the break with its reason in ${declaredBreaks}.`,
  );
  return 1;
}

async function release(): Promise<number> {
  for (const { present, released } of documents) await writeFile(released, await readFile(present));
  await writeFile(declaredBreaks, '[]\n');
  console.log('The present contract is the released one now; no break is declared.');
  return 0;
}

process.exitCode = process.argv.includes('--release') ? await release() : await check();
