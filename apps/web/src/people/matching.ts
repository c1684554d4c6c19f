/** Filtering people by what is typed: by the beginnings of the words of their names, whatever the case and the accents. */

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

export function matches(name: string, query: string): boolean {
  const words = plain(name).split(/\s+/);
  return plain(query)
    .split(/\s+/)
    .filter(Boolean)
    .every((part) => words.some((word) => word.startsWith(part)));
}
