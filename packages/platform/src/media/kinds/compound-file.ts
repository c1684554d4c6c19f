/**
 * Office documents of before 2007: compound files ([MS-CFB]), sectors chained by a table, with a directory of streams that tells which
 * program's document it is.
 */
import { compoundFileSignature } from './container.ts';
import type { FileBytes } from './file-bytes.ts';
import { damagedFile, incompleteFile, type Kind, notWhatItSays } from './kind.ts';

const mainStreams: Partial<Record<Kind, readonly string[]>> = {
  doc: ['WordDocument'],
  xls: ['Workbook', 'Book'],
  ppt: ['PowerPoint Document', 'PP97_DUALSTORAGE'],
};

/** The largest number that is a sector; those above mean free, end of chain, and so on. */
const lastSector = 0xfffffffa;
const free = 0xffffffff;
/** Sectors of the table that the header lists itself. */
const listed = 109;
const entryBytes = 128;
/** Entries of a directory that are looked at: far more than documents have. */
const mostEntries = 65_536;

interface Layout {
  sectorBytes: number;
  /** Sectors of the table. */
  tableSectors: number;
  directory: number;
  header: Buffer;
}

interface Entry {
  name: string;
  left: number;
  right: number;
  child: number;
}

/** Errors: AppError `MEDIA_INVALID_TYPE`. */
export async function verifyCompoundFile(file: FileBytes, kind: Kind): Promise<void> {
  const layout = await readLayout(file);
  await checkSize(file, layout);
  const names = rootNames(await readDirectory(file, layout));
  if (names.has('EncryptedPackage')) throw notWhatItSays('The document is protected with a password');
  if (!mainStreams[kind]?.some((name) => names.has(name))) {
    throw notWhatItSays(`The file is no ${kind.toUpperCase()} document`);
  }
}

async function readLayout(file: FileBytes): Promise<Layout> {
  if (file.size < 512) throw incompleteFile('its header is cut off');
  const header = Buffer.from(await file.at(0, 512));
  const version = header.readUInt16LE(26);
  const shift = header.readUInt16LE(30);
  const sane =
    header.subarray(0, 8).equals(compoundFileSignature) &&
    header.readUInt16LE(28) === 0xfffe &&
    ((version === 3 && shift === 9) || (version === 4 && shift === 12));
  if (!sane) throw damagedFile('its header makes no sense');
  const sectorBytes = 2 ** shift;
  const tableSectors = header.readUInt32LE(44);
  // A table may be larger than needed, within reason: walking through it must not take for ever.
  const needed = file.size / sectorBytes / (sectorBytes / 4);
  if (tableSectors === 0 || tableSectors > needed * 2 + 2) {
    throw incompleteFile('it lists more than it holds');
  }
  return { sectorBytes, tableSectors, directory: header.readUInt32LE(48), header };
}

/** The last sector that is in use must be there, and nothing may follow that the table does not account for. */
async function checkSize(file: FileBytes, layout: Layout): Promise<void> {
  const perSector = layout.sectorBytes / 4;
  if (file.size > (layout.tableSectors * perSector + 1) * layout.sectorBytes) {
    throw damagedFile('something follows after its end');
  }
  const table = await sector(file, layout, await tableSector(file, layout, layout.tableSectors - 1));
  let last = perSector - 1;
  while (last >= 0 && table.readUInt32LE(last * 4) === free) last--;
  const index = (layout.tableSectors - 1) * perSector + last;
  if (last >= 0 && (index + 1) * layout.sectorBytes >= file.size) throw incompleteFile('its end is missing');
}

async function sector(file: FileBytes, { sectorBytes }: Layout, index: number): Promise<Buffer> {
  if (index > lastSector) throw damagedFile('its table of contents is broken');
  return file.at((index + 1) * sectorBytes, sectorBytes);
}

/** Where the n-th sector of the table stands: in the header, or in a chain of lists. */
async function tableSector(file: FileBytes, layout: Layout, n: number): Promise<number> {
  if (n < listed) return layout.header.readUInt32LE(76 + n * 4);
  const perList = layout.sectorBytes / 4 - 1;
  let list = layout.header.readUInt32LE(68);
  for (let skip = Math.floor((n - listed) / perList); skip > 0; skip--) {
    list = (await sector(file, layout, list)).readUInt32LE(perList * 4);
  }
  return (await sector(file, layout, list)).readUInt32LE(((n - listed) % perList) * 4);
}

async function nextSector(file: FileBytes, layout: Layout, index: number): Promise<number> {
  const perSector = layout.sectorBytes / 4;
  const n = Math.floor(index / perSector);
  if (n >= layout.tableSectors) throw damagedFile('its table of contents is broken');
  const table = await sector(file, layout, await tableSector(file, layout, n));
  return table.readUInt32LE((index % perSector) * 4);
}

async function readDirectory(file: FileBytes, layout: Layout): Promise<Entry[]> {
  const entries: Entry[] = [];
  let index = layout.directory;
  while (index <= lastSector) {
    const bytes = await sector(file, layout, index);
    for (let at = 0; at < bytes.length; at += entryBytes) entries.push(entry(bytes.subarray(at)));
    if (entries.length > mostEntries) throw damagedFile('its table of contents does not end');
    index = await nextSector(file, layout, index);
  }
  return entries;
}

function entry(bytes: Buffer): Entry {
  const length = Math.min(64, bytes.readUInt16LE(64));
  return {
    name: bytes.toString('utf16le', 0, Math.max(0, length - 2)),
    left: bytes.readUInt32LE(68),
    right: bytes.readUInt32LE(72),
    child: bytes.readUInt32LE(76),
  };
}

/** Names that stand in the document itself, not in one that is embedded in it. The entries of a folder make a tree. */
function rootNames(entries: readonly Entry[]): Set<string> {
  const names = new Set<string>();
  const seen = new Set<number>();
  const todo = [entries[0]?.child ?? free];
  for (let index = todo.pop(); index !== undefined; index = todo.pop()) {
    const found = entries[index];
    if (!found || seen.has(index)) continue;
    seen.add(index);
    names.add(found.name);
    todo.push(found.left, found.right);
  }
  return names;
}
