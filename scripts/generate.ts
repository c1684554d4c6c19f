/**
 * Writes every generated file: the OpenAPI document, the schemas of the sockets' events, the Prisma client and the README's table of variables. With `--check`
 * it writes nothing and fails where one is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { openApiDocument } from '../apps/api/src/openapi/write.ts';
import { clientDocumentText } from '../clients/android/make/generate.ts';
import { generatePrisma } from '../packages/db/scripts/generate-prisma.ts';
import { configTable } from '../packages/platform/src/config.ts';
import { framesDocument } from './contract-break/frames.ts';

const check = process.argv.includes('--check');

/** Puts the text between a file's two markers. */
function between(content: string, name: string, text: string): string {
  const begin = `<!-- ${name}:begin (npm run generate) -->`;
  const end = `<!-- ${name}:end -->`;
  const from = content.indexOf(begin);
  const to = content.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the markers of ${name} are missing`);
  return `${content.slice(0, from + begin.length)}\n${text}\n${content.slice(to)}`;
}

function variables(): string {
  const rows = configTable().map(
    ({ name, fallback, doc }) => `| \`${name}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${doc} |`,
  );
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

async function keep(path: string, make: (before: string) => string): Promise<string[]> {
  const before = await readFile(path, 'utf8').catch(() => '');
  const after = make(before);
  if (after === before) return [];
  if (!check) await writeFile(path, after);
  return [path];
}

const stale = [
  ...(await keep('apps/api/openapi.json', () => `${JSON.stringify(openApiDocument(), null, 2)}\n`)),
  ...(await keep('apps/realtime/frames.json', () => `${JSON.stringify(framesDocument(), null, 2)}\n`)),
  ...(await keep('clients/android/openapi.json', clientDocumentText)),
  ...(await keep('README.md', (before) => between(before, 'variables', variables()))),
  ...(await generatePrisma({ check })),
];

if (stale.length === 0) console.log('Generated files are up to date.');
else if (check) {
  console.error(`${stale.join('\n')}\nout of date: run npm run generate`);
  process.exitCode = 1;
} else console.log(`Wrote ${stale.join(', ')}`);
