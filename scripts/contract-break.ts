/**
 * Refuses a change of the contract that breaks clients which are out there, unless it is declared with its reason. `--release` makes the present
 * document the released one: do that with every release.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { judge, parseDeclared } from './contract-break/declared.ts';
import { findBreaks, lineOf } from './contract-break/operations.ts';
import type { Schema } from './contract-break/shape.ts';

const files = {
  present: 'apps/api/openapi.json',
  released: 'apps/api/openapi.released.json',
  declared: 'apps/api/openapi.breaks.json',
};

async function read(path: string): Promise<Schema> {
  return JSON.parse(await readFile(path, 'utf8')) as Schema;
}

async function check(): Promise<number> {
  const breaks = findBreaks(await read(files.released), await read(files.present));
  const declared = parseDeclared(await readFile(files.declared, 'utf8'));
  const { undeclared, stale } = judge(breaks.map(lineOf), declared);
  for (const line of undeclared) console.error(`breaks clients: ${line}`);
  for (const line of stale) console.error(`declared, but no break: ${line}`);
  if (undeclared.length === 0 && stale.length === 0) {
    console.log(`No client breaks that is not declared (${declared.length} declared).`);
    return 0;
  }
  console.error(
    `Change the contract so that clients go on, or declare the break with its reason in ${files.declared}.`,
  );
  return 1;
}

async function release(): Promise<number> {
  await writeFile(files.released, await readFile(files.present));
  await writeFile(files.declared, '[]\n');
  console.log(`${files.present} is the released document now; no break is declared.`);
  return 0;
}

process.exitCode = process.argv.includes('--release') ? await release() : await check();
