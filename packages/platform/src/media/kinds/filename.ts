/** What a file's name claims it is. It can only refuse: what a file is, its bytes say. */
import type { Kind } from './kind.ts';

/** In lower case, without its point; empty where there is none. */
export function extensionOf(filename: string | null): string {
  return /\.([^./\\\s]+)\s*$/.exec(filename ?? '')?.[1]?.toLowerCase() ?? '';
}

const documents: readonly Kind[] = ['pdf', 'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'zip'];

/** The document that a name claims; undefined where it claims none. A file of that name must be just that. */
export function claimedDocument(filename: string | null): Kind | undefined {
  const extension = extensionOf(filename);
  return documents.find((kind) => kind === extension);
}

/** Archives inside, but no ZIP to the one who receives them: programs, books, and office files of kinds that are not accepted. */
const otherArchives = new Set(
  'apk aab ipa jar war ear xpi crx msix appx epub odt ods odp odg ott ots otp docm dotx dotm xlsm xlsb xltx xltm pptm ppsx ppsm potx potm vsdx 3mf cbz kmz key numbers pages whl nupkg'.split(
    ' ',
  ),
);

export function claimsOtherArchive(filename: string | null): boolean {
  return otherArchives.has(extensionOf(filename));
}

const markup = new Set([
  'html',
  'htm',
  'xhtml',
  'xht',
  'shtml',
  'mhtml',
  'mht',
  'svg',
  'xml',
  'xsl',
  'xslt',
  'rtf',
  'ps',
  'eps',
  'reg',
]);

/** Text that programs run or show as something else. */
export function claimsMarkup(filename: string | null): boolean {
  return markup.has(extensionOf(filename));
}
