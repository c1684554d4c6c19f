/** Makes the Kotlin client with openapi-generator, and compiles it with the examples. */
import { createHash } from 'node:crypto';
import { access, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../../../apps/api/src/openapi/write.ts';
import { clientDocument } from '../document/client-document.ts';
import { runTool } from './tools.ts';

/** The folder `clients/android`. */
export const home = fileURLToPath(new URL('..', import.meta.url));

/** A fixed version: another one may name things in another way. docs/android.md names it too. */
export const generatorVersion = '7.25.0';

const generator = `org.openapitools:openapi-generator-cli:${generatorVersion}`;
const build = join(home, 'build');

/** The client's document as it is kept. */
export function clientDocumentText(): string {
  return `${JSON.stringify(clientDocument(openApiDocument()), null, 2)}\n`;
}

/** Makes `build/client` of `openapi.json` and `openapi-generator.yaml`; what is up to date is left. Gives the folder of its sources. */
export async function generateClient(): Promise<string> {
  const sources = join(build, 'client/src/main/kotlin');
  await unlessDone('generated', ['openapi.json', 'openapi-generator.yaml'], generatorVersion, async () => {
    await rm(join(build, 'client'), { recursive: true, force: true });
    const jar = await fetchGenerator();
    await runTool(
      'java',
      ['-XX:TieredStopAtLevel=1', '-jar', jar, 'generate', '-c', 'openapi-generator.yaml'],
      home,
    );
  });
  return sources;
}

/** Compiles the generated client, the files beside it and the examples. Gives the class path to run them with. */
export async function compileClient(): Promise<string> {
  const sources = ['build/client/src/**/*.kt', 'src/**/*.kt', 'pom.xml'];
  const classes = join(build, 'target/classes');
  await unlessDone('compiled', sources, '', async () => {
    await rm(classes, { recursive: true, force: true });
    await runTool('mvn', ['-q', '-B', 'compile'], home);
  });
  return `${classes}${delimiter}${await readFile(join(build, 'classpath.txt'), 'utf8')}`;
}

/** The generator's program, from Maven's registry once. */
async function fetchGenerator(): Promise<string> {
  const folder = join(build, 'tools');
  const jar = join(folder, `openapi-generator-cli-${generatorVersion}.jar`);
  if (!(await exists(jar))) {
    await runTool(
      'mvn',
      [
        '-q',
        '-B',
        `${copyPlugin}:copy`,
        `-Dartifact=${generator}`,
        `-DoutputDirectory=${folder}`,
        '-Dmdep.useBaseVersion=true',
      ],
      home,
    );
  }
  return jar;
}

const copyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** Does the work unless it was done with the same files. */
async function unlessDone(
  name: string,
  patterns: string[],
  more: string,
  work: () => Promise<void>,
): Promise<void> {
  const hash = createHash('sha256').update(more);
  const found: string[] = [];
  for await (const path of glob(patterns, { cwd: home })) found.push(path);
  for (const path of found.sort()) hash.update(path).update(await readIfFile(join(home, path)));
  const stamp = join(build, `${name}.sha256`);
  const digest = hash.digest('hex');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === digest) return;
  await rm(stamp, { force: true });
  await work();
  await mkdir(build, { recursive: true });
  await writeFile(stamp, digest);
}

async function readIfFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return Buffer.alloc(0);
    throw error;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
