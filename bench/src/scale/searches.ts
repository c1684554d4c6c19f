import { collectorsChats, people, readersChats } from './plan.ts';
import { bigChat, expect, type ScaleCase } from './requests.ts';
import type { ScaleSite } from './site.ts';
import { marks } from './texts.ts';

/** The aim: the 95th percentile in milliseconds. */
const searchAimMs = 50;

interface Page {
  messages: { message_id: string; payload: { body?: string }; highlights?: unknown[] }[];
}

interface Query {
  name: string;
  q: string;
  /** How many it finds in the big chat, in the reader's chats and in the collector's; null for a full page where there are enough. */
  finds: readonly [number, number, number] | null;
}

/** What is looked for, in words of the vocabulary by their rank. */
export function queries(words: readonly string[]): Query[] {
  const word = (rank: number): string => words[rank - 1] ?? '';
  const some = (name: string, q: string): Query => ({ name, q, finds: null });
  return [
    some('the most frequent word', word(1)),
    some('a word of middling frequency', word(500)),
    { name: 'a rare word', q: marks.rare, finds: [3, 3, 1] },
    { name: 'a frequent and a rare word', q: `${word(1)} ${marks.rare}`, finds: [3, 3, 1] },
    some('two frequent words', `${word(1)} ${word(2)}`),
    some('the beginning of words', word(150).slice(0, 3)),
    some('two unspaced characters', marks.unspaced),
    { name: 'two words that never meet', q: marks.apart.join(' '), finds: [0, 0, 0] },
    { name: 'a word that is not there', q: marks.absent, finds: [0, 0, 0] },
  ];
}

const pageSize = 20;

/** The searches: in the big chat, in all of the reader's, in all of the collector's. */
export function searchCases(words: readonly string[]): ScaleCase[] {
  const scopes = [
    {
      name: 'one chat',
      user: people.reader,
      path: (site: ScaleSite) => `/chats/${bigChat(site)}/messages/search`,
    },
    { name: `${readersChats} chats`, user: people.reader, path: () => '/messages/search' },
    { name: `${collectorsChats} chats`, user: people.collector, path: () => '/messages/search' },
  ];
  return scopes.flatMap(({ name: scope, user, path }, place) =>
    queries(words).map(
      ({ name, q, finds }): ScaleCase => ({
        group: 'search',
        name: `${scope}: ${name}`,
        aimMs: searchAimMs,
        ask: (site) => ({ method: 'GET', user, path: `${path(site)}?q=${encodeURIComponent(q)}` }),
        check({ messages }: Page) {
          const found = messages.length;
          const others = messages.find(
            ({ payload, highlights }) => !holds(payload.body ?? '', q) || !highlights?.length,
          );
          if (others)
            return { found, wrong: `found a message without what was looked for: ${others.message_id}` };
          const should = finds?.[place];
          const wrong = should === undefined ? null : expect('found', found, should);
          return { found, wrong: found > pageSize ? `found ${found}, more than a page` : wrong };
        },
      }),
    ),
  );
}

/** Whether a text of the benchmark has all words of a query, or words that begin with them. */
function holds(body: string, q: string): boolean {
  return q
    .split(' ')
    .every((part) => (part === marks.unspaced ? body.includes(part) : ` ${body}`.includes(` ${part}`)));
}
