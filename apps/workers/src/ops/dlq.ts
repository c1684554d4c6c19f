/** `dlq`: events that a consumer could not handle. Every command says what it did, and gives the exit code. */
import { parseBusEvent } from '@parley/contract';
import type { DeadLetter, DeadLetterStore } from '@parley/core';
import { oneLine, table } from './text.ts';

type Write = (text: string) => void;

/** What the list shows of a letter: nothing of the event's content. */
function summary(
  letter: DeadLetter,
): Record<'id' | 'when' | 'consumer' | 'subject' | 'deliveries' | 'error', string> {
  const { event_type, subject } = letter.event as { event_type?: unknown; subject?: unknown };
  return {
    id: letter.id,
    when: letter.created_at,
    consumer: letter.consumer,
    subject: oneLine(String(event_type ?? subject ?? '?')),
    deliveries: String(letter.deliveries),
    error: oneLine(letter.error),
  };
}

export async function listLetters(
  letters: DeadLetterStore,
  options: { limit: number; json: boolean },
  write: Write,
): Promise<number> {
  const found = (await letters.list({ limit: options.limit, before: null })).map(summary);
  if (options.json) {
    write(
      `${JSON.stringify(
        found.map((row) => ({ ...row, deliveries: Number(row.deliveries) })),
        null,
        2,
      )}\n`,
    );
    return 0;
  }
  const total = await letters.count();
  if (total === 0) {
    write('There are no dead letters.\n');
    return 0;
  }
  write(table(['id', 'when', 'consumer', 'subject', 'deliveries', 'error'], found.map(Object.values)));
  if (total > found.length) write(`${found.length} of ${total}, the newest first; --limit shows more.\n`);
  return 0;
}

export async function showLetter(letters: DeadLetterStore, id: string, write: Write): Promise<number> {
  const letter = await letters.find(id);
  if (!letter) {
    write(`There is no dead letter ${oneLine(id)}.\n`);
    return 1;
  }
  write(`${JSON.stringify(letter, null, 2)}\n`);
  return 0;
}

const pageSize = 100;

/** Hands letters back to their consumers. What is no event can be handed to nobody, and stays. */
export async function replayLetters(
  letters: DeadLetterStore,
  chosen: readonly string[] | 'all',
  write: Write,
): Promise<number> {
  let [replayed, kept] = [0, 0];
  for await (const page of pages(letters, chosen)) {
    const ids: string[] = [];
    for (const { id, letter } of page) {
      const problem = letter ? unfit(letter) : `There is no dead letter ${oneLine(id)}.`;
      if (!problem) ids.push(id);
      else {
        kept++;
        write(`${problem}\n`);
      }
    }
    const done = new Set(await letters.replay(ids));
    for (const id of ids) {
      // Somebody else may have been faster.
      if (!done.has(id)) write(`There is no dead letter ${id} any more.\n`);
      else if (chosen !== 'all') write(`Dead letter ${id} goes back to its consumer.\n`);
    }
    replayed += done.size;
    kept += ids.length - done.size;
  }
  if (chosen === 'all') write(`${replayed} dead letters go back to their consumers.\n`);
  return kept === 0 ? 0 : 1;
}

/** The letters that were chosen, oldest first where it is all of them. */
async function* pages(
  letters: DeadLetterStore,
  chosen: readonly string[] | 'all',
): AsyncGenerator<{ id: string; letter: DeadLetter | undefined }[]> {
  if (chosen !== 'all') {
    const page: { id: string; letter: DeadLetter | undefined }[] = [];
    for (const id of new Set(chosen)) page.push({ id, letter: await letters.find(id) });
    yield page;
    return;
  }
  // Those that are there now: one that fails again meanwhile comes with the next call.
  const ids: string[] = [];
  for (let before: string | null = null; ; before = ids.at(-1) ?? null) {
    const page = await letters.list({ limit: pageSize, before });
    ids.push(...page.map((letter) => letter.id));
    if (page.length < pageSize) break;
  }
  ids.reverse();
  for (let first = 0; first < ids.length; first += pageSize) {
    const page: { id: string; letter: DeadLetter | undefined }[] = [];
    for (const id of ids.slice(first, first + pageSize)) {
      const letter = await letters.find(id);
      if (letter) page.push({ id, letter });
    }
    yield page;
  }
}

/** Why a letter cannot be handed back; undefined where it can. */
function unfit(letter: DeadLetter): string | undefined {
  try {
    parseBusEvent(letter.event);
    return undefined;
  } catch {
    return `Dead letter ${letter.id} is no event of this version and cannot be handed back; dlq show ${letter.id} shows it.`;
  }
}
