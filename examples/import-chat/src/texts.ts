/** What is sent of an exported chat: one text for each entry, and an id that is made of it. */
import { bodyOf, type ParsedChat } from '../../demo/src/parse.ts';
import { uuidOf } from '../../echo-bot/src/uuid.ts';

export interface Text {
  readonly client_msg_id: string;
  readonly body: string;
}

/** Code points in a message (contract section 2). */
const longest = 4096;

/**
 * The texts of a chat, in order. The same entry of the same file, or of a later export of the same chat, has the same id in the same
 * group: the server stores it once.
 */
export function textsOf({ entries }: ParsedChat, chatId: string): Text[] {
  return entries.flatMap((entry) => {
    const time = entry.at.slice(0, 16).replace('T', ' ');
    const text =
      entry.kind === 'system' ? `${time} — ${entry.text}` : `${entry.author}, ${time}\n${bodyOf(entry)}`;
    return partsOf(text).map((body, part) => {
      const made = JSON.stringify([chatId, entry.line, part, body]);
      return { client_msg_id: uuidOf(made), body };
    });
  });
}

/** What is too long for one message goes into several. */
function partsOf(text: string): string[] {
  const letters = [...text];
  const count = Math.ceil(letters.length / longest);
  return Array.from({ length: count }, (_, at) => letters.slice(at * longest, (at + 1) * longest).join(''));
}
