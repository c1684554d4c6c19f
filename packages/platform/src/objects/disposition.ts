import { plainCharacters } from '@parley/core';

/**
 * `Content-Disposition` of a download (RFC 6266): the name in full as RFC 5987 has it, and before it a plain ASCII one for
 * old clients. Whatever the name holds, nothing of it can end the header or name a folder.
 */
export function attachment(filename: string): string {
  const name =
    plainCharacters(filename)
      .map((char) => (char === '/' || char === '\\' ? '_' : char))
      .slice(0, 200)
      .join('')
      .trim() || 'file';
  const ascii = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]|["%]/g, '_');
  // encodeURIComponent leaves four characters that RFC 5987 does not allow there.
  const full = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${full}`;
}
