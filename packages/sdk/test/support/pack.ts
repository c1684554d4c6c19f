/** The SDK as others get it: packed, and installed by npm into a folder where there is nothing else. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildAll } from '../../scripts/build.ts';

const modules = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
const run = promisify(execFile);

/** Builds, packs and installs it below `folder`; returns the project that it was installed into. Needs no registry. */
export async function installPacked(folder: string): Promise<string> {
  const dist = join(folder, 'dist');
  await buildAll(dist);
  const { dependencies } = await packageOf(dist);
  const needed = await closure(Object.keys(dependencies));
  const packs = join(folder, 'packs');
  await mkdir(packs);
  const npm = ['--ignore-scripts', '--loglevel=error'];
  await run('npm', ['pack', ...npm, '--pack-destination', packs, dist, ...needed], { cwd: folder });
  const project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "name": "chat", "private": true, "type": "module" }');
  const files = (await readdir(packs)).map((file) => join(packs, file));
  await run('npm', ['install', ...npm, '--offline', '--no-audit', '--no-fund', ...files], { cwd: project });
  return project;
}

/** The folders of these packages, and of all that they need. */
async function closure(names: readonly string[]): Promise<string[]> {
  const folders = new Set<string>();
  const add = async (name: string, from: string): Promise<void> => {
    const folder = [join(from, 'node_modules', name), join(modules, name)].find(existsSync);
    if (!folder) throw new Error(`${name} is not installed here`);
    if (folders.has(folder)) return;
    folders.add(folder);
    const { dependencies } = await packageOf(folder);
    for (const needs of Object.keys(dependencies)) await add(needs, folder);
  };
  for (const name of names) await add(name, modules);
  return [...folders];
}

async function packageOf(folder: string): Promise<{ dependencies: Record<string, string> }> {
  const { dependencies = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return { dependencies };
}
