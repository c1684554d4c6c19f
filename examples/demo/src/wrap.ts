import { displayWidth, graphemes } from './width.ts';

const words = new Intl.Segmenter('en', { granularity: 'word' });
// Scripts written without spaces, where lines may break between words that only a dictionary knows.
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Mymr}]/u;
const OPENING = /^[\p{Ps}\p{Pi}]+$/u;
// Not `\s`: a no-break space must keep its words together.
const SPACES = /([ \u3000]+)/;

/**
 * Breaks a text into lines of at most `columns` terminal columns.
 *
 * Breaks at spaces, between words of scripts without spaces, and inside words only where they are longer
 * than a line. Line breaks of the text stay. A single character wider than the line is kept.
 */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, Math.max(1, columns)));
}

function wrapLine(line: string, columns: number): string[] {
  if (displayWidth(line) <= columns) return [line];
  const lines: string[] = [];
  let current = '';
  let used = 0;
  const add = (piece: string, width: number): void => {
    if (used > 0 && used + width > columns) {
      lines.push(current.trimEnd());
      current = '';
      used = 0;
      // The space at which a line was broken would indent the next one.
      if (piece.trim() === '') return;
    }
    current += piece;
    used += width;
  };
  for (const piece of pieces(line)) {
    const width = displayWidth(piece);
    if (width <= columns) add(piece, width);
    else for (const grapheme of graphemes(piece)) add(grapheme, displayWidth(grapheme));
  }
  if (current !== '') lines.push(current.trimEnd());
  return lines;
}

/** Cuts a line where it may be broken. */
function pieces(line: string): string[] {
  return line.split(SPACES).flatMap((chunk) => (UNSPACED.test(chunk) ? unspacedWords(chunk) : [chunk]));
}

function unspacedWords(chunk: string): string[] {
  const result: string[] = [];
  let glue = '';
  for (const { segment, isWordLike } of words.segment(chunk)) {
    // A full stop may not start a line, nor an opening bracket end one.
    if (OPENING.test(segment)) glue += segment;
    else if (!isWordLike && glue === '' && result.length > 0) result[result.length - 1] += segment;
    else {
      result.push(glue + segment);
      glue = '';
    }
  }
  if (glue !== '') result.push(glue);
  return result;
}
