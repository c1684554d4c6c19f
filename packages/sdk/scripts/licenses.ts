import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The licences of all packages that went into a bundle, told by the paths of its modules: their authors ask for that. */
export async function licencesOf(moduleIds: readonly string[]): Promise<string> {
  const folders = new Map<string, string>();
  for (const id of moduleIds) {
    const found = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(id.replaceAll('\\', '/'));
    if (found?.[1] && found[2]) folders.set(found[2], found[1]);
  }
  const names = [...folders.keys()].toSorted();
  const texts = await Promise.all(names.map(async (name) => licenceText(name, folders.get(name) ?? '')));
  return `parley-sdk.js and index.js contain parts of these packages.\n\n${texts.join('\n\n')}\n`;
}

async function licenceText(name: string, folder: string): Promise<string> {
  const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.md|\.txt)?$/i.test(entry));
  const text = file
    ? (await readFile(join(folder, file), 'utf8')).trim()
    : '(The package brings no licence text.)';
  return `--- ${name} ${version}, ${license} ---\n\n${text}`;
}
