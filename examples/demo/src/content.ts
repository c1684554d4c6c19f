/** A medium left out of the export, or the name of the file that came with it. */
export type Media = 'omitted' | { attached: string };

/** What the lines of one entry turned out to be. */
export interface Content {
  text: string;
  media?: Media;
  deleted: boolean;
  system: boolean;
}

// WhatsApp on iOS puts this mark in front of everything it writes itself.
const LRM = '\u200E';
const EDITED = '<This message was edited>';
const DELETED = /^(?:This message was deleted|You deleted this message)\.?$/;
const OMITTED_KIND = '(?:image|video|audio|GIF|sticker|document|Contact card|video note) omitted';
const OMITTED_WHOLE = new RegExp(`^${OMITTED_KIND}$`, 'i');
const OMITTED_AFTER_CAPTION = new RegExp(`${LRM}${OMITTED_KIND}$`, 'i');
const ENCRYPTION =
  /^Messages(?: you send to this (?:chat|group))? and calls are (?:now )?(?:end-to-end encrypted|secured with)/;
const CALL = /^(?:Missed|Silenced|Declined)? ?(?:group )?(?:voice|video) call/i;
const GROUP_CHANGE =
  /(?:^| )(?:created|added|removed|left|joined|changed|turned (?:on|off)|pinned|reset|blocked|unblocked|started a call|was added|were added|now an admin|no longer an admin)(?:[ .]|$)/;
const NAMED_NOTICE =
  /^Your security code with | (?:created group|changed the (?:subject|group name|group description)(?: from| to)?) ["“]/;

/** Where a text says what changed in a group (the ` added` of `Bob added Carol`), or -1. */
export function groupChangeAt(text: string): number {
  return text.search(GROUP_CHANGE);
}

/** Whether a colon after this belongs to a quoted group name: `Alice created group "Trip` … `: 2024"`. */
export function isNamedNotice(prefix: string): boolean {
  return NAMED_NOTICE.test(prefix);
}

/**
 * Interprets the lines of one entry: media placeholders, deletion and edit notices, iOS system texts.
 *
 * @param lines the text after the author (or after the header, without an author), then the lines below
 * @param ios whether the header is in brackets, which only iOS writes
 * @param authored whether the first line had an author
 */
export function readContent(lines: readonly string[], ios: boolean, authored: boolean): Content {
  const marked = lines[0]?.startsWith(LRM) ?? false;
  const text = joinLines(lines, marked);
  const plain: Content = { text, deleted: false, system: false };
  if (!authored) return plain;
  if (DELETED.test(text)) return { ...plain, deleted: true };
  const media = ios ? readIosMedia(text) : readAndroidMedia(text);
  if (media !== undefined) return { ...plain, ...media };
  // On iOS system lines have an author too (the group or the contact), only the mark tells them apart.
  if (!ios) return plain;
  const change = marked && !text.includes('\n') && (CALL.test(text) || groupChangeAt(text) >= 0);
  return { ...plain, system: change || ENCRYPTION.test(text) };
}

/**
 * What a message amounts to as plain text: its own text, with a line that stands for the medium if it had
 * one. Never empty, so that it can be sent.
 */
export function bodyOf(message: { text: string; media?: Media }): string {
  const { media, text } = message;
  if (media === undefined) return text === '' ? '…' : text;
  const label = media === 'omitted' ? '📎 media omitted' : `📎 ${media.attached}`;
  return text === '' ? label : `${label}\n${text}`;
}

function joinLines(lines: readonly string[], dropMark: boolean): string {
  // The phone trims what it sends, so empty lines at the end come from the file, not from the message.
  let end = lines.length;
  while (end > 1 && lines[end - 1] === '') end--;
  let text = lines.slice(0, end).join('\n');
  if (dropMark) text = text.slice(LRM.length);
  return text.endsWith(EDITED) ? trimTail(text.slice(0, -EDITED.length)) : text;
}

/** On Android the placeholder is the first line and the caption follows. */
function readAndroidMedia(text: string): { text: string; media: Media } | undefined {
  const end = text.indexOf('\n');
  const first = end < 0 ? text : text.slice(0, end);
  const caption = end < 0 ? '' : text.slice(end + 1);
  if (first === '<Media omitted>') return { text: caption, media: 'omitted' };
  const suffix = ' (file attached)';
  if (!first.endsWith(suffix) || first.length === suffix.length) return undefined;
  return { text: caption, media: { attached: first.slice(0, -suffix.length) } };
}

/** On iOS the caption comes first and the placeholder is the end of the text. */
function readIosMedia(text: string): { text: string; media: Media } | undefined {
  if (OMITTED_WHOLE.test(text) || text === '<Media omitted>') return { text: '', media: 'omitted' };
  // Only the end can match; looking at the tail alone keeps a text full of marks linear.
  const tail = OMITTED_AFTER_CAPTION.exec(text.slice(-40));
  if (tail !== null) return { text: trimTail(text.slice(0, -tail[0].length)), media: 'omitted' };
  const open = text.endsWith('>') ? text.lastIndexOf('<attached: ') : -1;
  const name = text.slice(open + '<attached: '.length, -1);
  if (open < 0 || name === '' || name.includes('\n')) return undefined;
  return { text: trimTail(text.slice(0, open)), media: { attached: name } };
}

/** Drops spaces and left-to-right marks at the end; a loop, as a pattern ending in `+$` is quadratic. */
function trimTail(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === LRM || text[end - 1]?.trim() === '')) end--;
  return text.slice(0, end);
}
