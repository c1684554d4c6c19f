import { splitAuthors } from './authors.ts';
import type { Media } from './content.ts';
import { readContent } from './content.ts';
import { describeOrder, inferOrder, toLocalIso } from './dates.ts';
import type { Header } from './header.ts';
import { commonStyle, matchHeader } from './header.ts';

export type { Media } from './content.ts';
export { bodyOf } from './content.ts';

/** Something a person wrote (or sent, or deleted). */
export interface MessageEntry {
  kind: 'message';
  /** Local wall-clock time without a zone, e.g. `2023-12-31T21:05:00`: exports do not say which zone. */
  at: string;
  author: string;
  /** The text, lines joined by `\n`. For media it is the caption, which may be empty. */
  text: string;
  media?: Media;
  /** Set when the export only says that the message was deleted; `text` is then that notice. */
  deleted?: true;
  /** 1-based line of the header in the file. */
  line: number;
}

/** Something the app wrote: encryption notice, group changes, missed calls. */
export interface SystemEntry {
  kind: 'system';
  at: string;
  text: string;
  line: number;
}

export type ChatEntry = MessageEntry | SystemEntry;

/** A line that was understood in a way its author may not have meant. */
export interface ParseWarning {
  line: number;
  message: string;
}

export interface ParsedChat {
  /** Authors of messages, in order of their first message. */
  participants: string[];
  entries: ChatEntry[];
  warnings: ParseWarning[];
}

/** Thrown when a text has no message header at all, so it cannot be an export. */
export class ExportFormatError extends Error {
  readonly line: number;

  constructor(line: number, problem: string) {
    super(`Line ${line}: ${problem}`);
    this.name = 'ExportFormatError';
    this.line = line;
  }
}

interface Block {
  at: string;
  line: number;
  rest: string;
  bracketed: boolean;
  more: string[];
}

/**
 * Reads the text file that WhatsApp's "Export chat" writes, from Android or iOS.
 *
 * The date style, the order of day and month and the names of the authors are inferred from the whole
 * file, because single lines are ambiguous. Runs in time linear in the length of the text.
 *
 * @throws ExportFormatError when no line is a message header.
 */
export function parseExport(text: string): ParsedChat {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n?|\n/);
  const warnings: ParseWarning[] = [];
  const blocks = collectBlocks(lines, warnings);
  const splits = splitAuthors(blocks.map((block) => block.rest));
  const participants = new Set<string>();
  const entries = blocks.map((block, index): ChatEntry => {
    const split = splits[index];
    const { at, line } = block;
    const own = [split?.text ?? block.rest, ...block.more];
    const content = readContent(own, block.bracketed, split !== undefined);
    if (split === undefined || content.system) return { kind: 'system', at, text: content.text, line };
    participants.add(split.author);
    return {
      kind: 'message',
      at,
      author: split.author,
      text: content.text,
      ...(content.media === undefined ? {} : { media: content.media }),
      ...(content.deleted ? { deleted: true as const } : {}),
      line,
    };
  });
  return { participants: [...participants], entries, warnings };
}

/** Groups the lines under their headers; everything that is not a header belongs to the one above. */
function collectBlocks(lines: string[], warnings: ParseWarning[]): Block[] {
  const headers = lines.map(matchHeader);
  const style = commonStyle(headers);
  const own = headers.filter((header): header is Header => header !== undefined && header.style === style);
  const order = inferOrder(own);
  const blocks: Block[] = [];
  lines.forEach((line, index) => {
    const header = headers[index];
    const ours = header?.style === style;
    const at = header !== undefined && ours ? toLocalIso(header, order) : undefined;
    const current = blocks.at(-1);
    if (header !== undefined && at !== undefined) {
      blocks.push({ at, line: index + 1, rest: header.rest, bracketed: header.bracketed, more: [] });
    } else if (current === undefined) {
      if (line.trim() !== '')
        warnings.push({ line: index + 1, message: 'Ignored: before the first message' });
    } else {
      current.more.push(line);
      if (header === undefined) return;
      const why = ours ? describeOrder(order) : 'this file writes dates in another style';
      warnings.push({ line: index + 1, message: `Looks like a message header, read as plain text: ${why}` });
    }
  });
  if (blocks.length === 0) throw notAnExport(lines);
  return blocks;
}

function notAnExport(lines: string[]): ExportFormatError {
  const first = lines.findIndex((line) => line.trim() !== '');
  if (first < 0) return new ExportFormatError(1, 'the text is empty; expected a WhatsApp chat export');
  const shown = JSON.stringify([...(lines[first] ?? '').slice(0, 80)].slice(0, 60).join(''));
  return new ExportFormatError(
    first + 1,
    `not a WhatsApp chat export: ${shown} does not start a message and no later line does. ` +
      'Expected e.g. "31/12/2023, 21:05 - Alice: hi" or "[31/12/2023, 21:05:33] Alice: hi"',
  );
}
