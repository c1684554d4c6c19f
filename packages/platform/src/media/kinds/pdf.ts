/** PDF (ISO 32000-1, sections 7.5.2 and 7.5.5): its header comes first, and its end mark within the last kilobyte, where readers look for it. */
import type { FileBytes } from './file-bytes.ts';
import { damagedFile, incompleteFile } from './kind.ts';

export async function verifyPdf(file: FileBytes): Promise<void> {
  const start = await file.at(0, Math.min(5, file.size));
  if (start.toString('latin1') !== '%PDF-') throw damagedFile('it does not begin like a PDF');
  const end = await file.before(file.size, 1024);
  if (!end.includes('%%EOF')) throw incompleteFile('the end of the PDF is missing');
}
