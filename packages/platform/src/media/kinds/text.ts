/**
 * Whether a file is plain text: UTF-8, or UTF-16 with a byte order mark, without control characters, and nothing that a browser would show as
 * a page (WHATWG MIME Sniffing, section 7.1).
 */
import { type Kind, notAccepted, notWhatItSays } from './kind.ts';

export const plainText =
  'Text must be UTF-8, or UTF-16 with a byte order mark, and hold no control characters but tabs and ends of lines';

const encodings = {
  txt: { name: 'utf-8', mark: Buffer.of(0xef, 0xbb, 0xbf) },
  'txt-utf-16le': { name: 'utf-16le', mark: Buffer.of(0xff, 0xfe) },
  'txt-utf-16be': { name: 'utf-16be', mark: Buffer.of(0xfe, 0xff) },
} as const satisfies Partial<Record<Kind, { name: string; mark: Buffer }>>;

export type TextKind = keyof typeof encodings;

export function isText(kind: Kind): kind is TextKind {
  return kind in encodings;
}

/** By the byte order mark; undefined where there is none. */
export function markedText(head: Buffer): TextKind | undefined {
  return (Object.keys(encodings) as TextKind[]).find((kind) => {
    const { mark } = encodings[kind];
    return head.subarray(0, mark.length).equals(mark);
  });
}

/** Tab, newline, form feed, return, and next line (U+0085), which some systems end lines with. */
const control = /(?![\t\n\f\r\u0085])\p{Cc}/u;

const tags =
  'html head script iframe h1 div font table a style title b body br p svg math xsl:stylesheet object embed'.split(
    ' ',
  );
/** What ends a tag's name: the standard has space and `>`; browsers take these too. */
const markup = new RegExp(
  `^<(?:!doctype|!--|\\?xml|(?:${tags.join('|')})[\\t\\n\\f\\r />]|[a-z_][\\w.:-]*\\s[^>]*xmlns\\s*[:=])`,
  'i',
);
/** Rich text, PostScript and registry files are text too, but not to the one who opens them. */
const otherText = /^(?:\{\\rtf|%!PS|REGEDIT4|Windows Registry Editor Version)/;
/** Characters, after white space, in which markup shows itself. */
const sniffed = 1024;

/** Looks at text as it streams by, in flat memory. Errors: AppError `MEDIA_INVALID_TYPE`. */
export class TextCheck {
  readonly #decoder: TextDecoder;
  /** The beginning without leading white space. */
  #start = '';

  constructor(kind: TextKind) {
    this.#decoder = new TextDecoder(encodings[kind].name, { fatal: true });
  }

  write(chunk: Buffer): void {
    this.#check(() => this.#decoder.decode(chunk, { stream: true }));
  }

  /** The last character must be there in full. */
  end(): void {
    this.#check(() => this.#decoder.decode());
  }

  #check(decode: () => string): void {
    let text: string;
    try {
      text = decode();
    } catch {
      throw notWhatItSays(plainText);
    }
    if (control.test(text)) throw notWhatItSays(plainText);
    if (this.#start.length >= sniffed) return;
    // A byte order mark that follows the first is a character like white space.
    this.#start = (this.#start + text.slice(0, 65_536)).replace(/^[\s\ufeff]+/, '').slice(0, sniffed);
    if (markup.test(this.#start)) throw notAccepted('document', 'Web pages, XML and SVG are not accepted');
    if (otherText.test(this.#start)) throw notAccepted('document');
  }
}
