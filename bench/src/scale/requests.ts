import { randomUUID } from 'node:crypto';

import { collectorsChats, people, phoneOf, readersChats, syncers } from './plan.ts';
import type { ScaleSite } from './site.ts';
import { seededRandom } from './texts.ts';

/** What a user asks of a site. */
export interface Ask {
  method: 'GET' | 'POST';
  path: string;
  /** Its user number. */
  user: number;
  body?: unknown;
}

/** A line of the table. */
export interface ScaleCase {
  group: 'requests' | 'search' | 'contacts';
  name: string;
  /** The aim: the 95th percentile in milliseconds, one request at a time. */
  aimMs: number;
  /** The next request; undefined where there are no more. */
  ask(site: ScaleSite): Ask | undefined;
  /** What is wrong with the answer's `data`, or null; `found` is what the line tells of it. */
  check(data: never, site: ScaleSite): { found: number | null; wrong: string | null };
}

interface Page {
  messages: unknown[];
}
interface Chats {
  chats: { chat_id: string; unread_count: number }[];
  next_cursor: string | null;
}

const restAimMs = 200;
const historyAimMs = 300;
const syncAimMs = 100;

/** Null, or what is wrong with a number. */
export const expect = (what: string, is: number, should: number): string | null =>
  is === should ? null : `${what} ${is} instead of ${should}`;

function get(name: string, aimMs: number, user: number, path: (site: ScaleSite) => string) {
  return {
    group: 'requests' as const,
    name,
    aimMs,
    ask: (site: ScaleSite): Ask => ({ method: 'GET', user, path: path(site) }),
  };
}

export const bigChat = (site: ScaleSite): string => site.landmarks.chatIds[0] ?? '';

/** Requests whose cost must not grow with what is stored. */
export const requestCases: ScaleCase[] = [
  {
    ...get(
      'history, the newest page (50)',
      historyAimMs,
      people.reader,
      (site) => `/chats/${bigChat(site)}/messages`,
    ),
    check: ({ messages }: Page) => ({ found: null, wrong: expect('messages', messages.length, 50) }),
  },
  {
    ...get(
      'history, the oldest page (29)',
      historyAimMs,
      people.reader,
      (site) => `/chats/${bigChat(site)}/messages?cursor=${site.landmarks.oldId}`,
    ),
    check: ({ messages }: Page) => ({ found: null, wrong: expect('messages', messages.length, 29) }),
  },
  {
    ...get(`chat list, ${readersChats} chats`, restAimMs, people.reader, () => '/chats'),
    check: ({ chats }: Chats, site) => ({
      found: null,
      wrong:
        expect('chats', chats.length, readersChats) ??
        expect(
          'unread messages of the big chat',
          chats.find((chat) => chat.chat_id === bigChat(site))?.unread_count ?? -1,
          site.landmarks.unread,
        ),
    }),
  },
  {
    ...get(
      `chat list, the first 20 of ${collectorsChats} chats`,
      restAimMs,
      people.collector,
      () => '/chats',
    ),
    check: ({ chats }: Chats) => ({ found: null, wrong: expect('chats', chats.length, 20) }),
  },
  {
    ...get(
      `chat list, the next 20 of ${collectorsChats} chats`,
      restAimMs,
      people.collector,
      (site) => `/chats?cursor=${encodeURIComponent(site.cursor)}`,
    ),
    check: ({ chats }: Chats) => ({ found: null, wrong: expect('chats', chats.length, 20) }),
  },
  {
    ...get('unread count of the big chat', restAimMs, people.reader, (site) => `/chats/${bigChat(site)}`),
    check: ({ unread_count }: Chats['chats'][number], site) => ({
      found: unread_count,
      wrong: expect('unread messages', unread_count, site.landmarks.unread),
    }),
  },
];

/** Last of all, as it changes what is stored. */
export const sendCase: ScaleCase = {
  group: 'requests',
  name: 'send to the big chat',
  aimMs: restAimMs,
  ask: (site) => ({
    method: 'POST',
    user: people.reader,
    path: `/chats/${bigChat(site)}/messages`,
    body: {
      client_msg_id: randomUUID(),
      type: 'text',
      payload: { body: 'See you at the station at ten past eight' },
    },
  }),
  check: ({ seq }: { seq: number }, site) => ({
    found: null,
    wrong: seq > site.landmarks.messages / 2 ? null : `seq ${seq} is taken`,
  }),
};

const syncedNumbers = 1000;

/** Contact syncs of 1,000 numbers who are all here: each user's first, then again. */
export function contactCases(): ScaleCase[] {
  const turns = new WeakMap<ScaleSite, number>();
  const sync = (name: string, turn: (site: ScaleSite) => number): ScaleCase => ({
    group: 'contacts',
    name,
    aimMs: syncAimMs,
    ask(site) {
      const n = turn(site);
      return n < syncers
        ? {
            method: 'POST',
            user: people.syncer(n),
            path: '/users/contacts/sync',
            body: { phone_numbers: addressBook(n, site) },
          }
        : undefined;
    },
    check: ({ registered_users }: { registered_users: unknown[] }) => ({
      found: registered_users.length,
      wrong: expect('found', registered_users.length, syncedNumbers),
    }),
  });
  const next = (site: ScaleSite): number => {
    const n = turns.get(site) ?? 0;
    turns.set(site, n + 1);
    return n;
  };
  return [
    sync("a user's first contact sync, 1,000 numbers", next),
    sync('the same again', (site) => Math.floor(Math.random() * Math.min(turns.get(site) ?? 1, syncers))),
  ];
}

/** The numbers of somebody's address book: all of them users, not the owner. */
export function addressBook(n: number, site: { landmarks: { users: number } }): string[] {
  const random = seededRandom(1000 + n);
  const numbers = new Set<number>();
  while (numbers.size < syncedNumbers) {
    const drawn = Math.floor(random() * site.landmarks.users);
    if (drawn !== people.syncer(n)) numbers.add(drawn);
  }
  return [...numbers].map(phoneOf);
}
