/**
 * `npm run docs`: writes the API reference, `docs/sdk/*.md`, from the docstrings of all that can be imported, and the fields of what
 * the server answers from the contract's schemas.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Logger, LogLevel, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { answerTypes, answerTypesPage } from './docs-types.ts';
import { entriesOf } from './entries.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The folder of the reference in the repository. */
export const docsFolder = 'docs/sdk';

export interface Reference {
  /** Files of the folder and what is in them. */
  readonly files: ReadonlyMap<string, string>;
  /** Public members without a docstring, and links that lead nowhere, as TypeDoc says it. */
  readonly problems: readonly string[];
}

/** Makes the reference. Errors: an `Error` where the source cannot be read. */
export async function makeReference(): Promise<Reference> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-sdk-docs-'));
  try {
    const problems = await write(folder);
    const names = (await readdir(folder)).toSorted();
    const pages = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const files = new Map(names.map((name, at) => [name, finish(pages[at] ?? '')]));
    files.set('types.md', answerTypesPage());
    return { files, problems };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Keeps what TypeDoc complains of. */
class Complaints extends Logger {
  readonly problems: string[] = [];
  override log(message: string, level: LogLevel): void {
    super.log(message, level);
    if (level >= LogLevel.Warn) this.problems.push(message);
  }
}

async function write(folder: string): Promise<string[]> {
  const app = await Application.bootstrapWithPlugins(await options(folder));
  const logger = new Complaints();
  app.logger = logger;
  const project = await app.convert();
  if (!project) throw new Error(`The reference cannot be made: ${logger.problems.join('\n')}`);
  app.validate(project);
  await app.generateOutputs(project);
  return logger.problems;
}

async function options(folder: string): Promise<TypeDocOptions & Partial<PluginOptions>> {
  const entries = await entriesOf(root);
  return {
    entryPoints: Object.values(entries).map((source) => join(root, source)),
    tsconfig: join(root, 'tsconfig.build.json'),
    // Whether the types are right is said by the compiler of the rest of the repository, which is another one.
    skipErrorChecking: true,
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: folder }],
    logLevel: 'Warn',
    name: '@parley/sdk',
    readme: 'none',
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeExternals: true,
    disableSources: true,
    validation: { notDocumented: true, notExported: false, invalidLink: true },
    outputFileStrategy: 'modules',
    entryFileName: 'README',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    hideGroupHeadings: true,
    useCodeBlocks: true,
    expandParameters: true,
    parametersFormat: 'table',
  };
}

/** What the compiler makes of a schema says nothing to people: they are led to its fields. */
function finish(page: string): string {
  return page
    .replaceAll(/```ts\ntype (\w+) = [^;]*;\n```/g, (whole, name: string) =>
      answerTypes.has(name) ? `See its [fields](types.md#${name.toLowerCase()}).` : whole,
    )
    .replaceAll(/[ \t]+$/gm, '');
}

if (import.meta.main) {
  const folder = join(root, '../..', docsFolder);
  const { files, problems } = await makeReference();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  if (problems.length > 0) process.exitCode = 1;
}
