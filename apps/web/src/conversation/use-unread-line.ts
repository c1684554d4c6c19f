import { useEffect, useState } from 'react';
import { isStored, type Shown } from './model/shown.ts';

interface Unread {
  readonly me: string;
  readonly messages: readonly Shown[];
  /** Whether what was missed has been fetched: before that nobody knows what is unread. */
  readonly loaded: boolean;
  /** The first message of those that are held that was not read when the chat was opened. */
  readonly firstUnread: string | null;
  readonly hasOlder: boolean;
  readonly loadOlder: () => Promise<void>;
}

/** Messages beyond which the first unread one is not looked for. */
const farthest = 500;

/**
 * The message above which the line "unread messages" stands: the first that was unread when the chat was opened, or that came while the
 * page was not to be seen. It stays until one writes something. `known` says whether it was found, or that there is none.
 */
export function useUnreadLine(unread: Unread): { line: string | null; known: boolean } {
  const { me, messages } = unread;
  const opening = useOpening(unread);
  const came = useCame(me, messages);
  const [ended, setEnded] = useState<string | null>(null);
  const line = came ?? opening ?? null;

  // What one writes oneself ends it.
  const written = messages.at(-1);
  const writing = written !== undefined && !isStored(written) && written.status === 'pending';
  if (writing && line !== null && ended !== line) setEnded(line);
  return { line: line === ended ? null : line, known: opening !== undefined };
}

/** What was the first unread message when the chat was opened; undefined until that is known. */
function useOpening({
  messages,
  loaded,
  firstUnread,
  hasOlder,
  loadOlder,
}: Unread): string | null | undefined {
  const [opening, setOpening] = useState<string | null>();
  const [first] = messages;
  const older =
    hasOlder &&
    messages.length < farthest &&
    first !== undefined &&
    isStored(first) &&
    first.message_id === firstUnread;
  if (opening === undefined && loaded && !older) setOpening(firstUnread);
  const seeking = opening === undefined && loaded && older;
  const oldest = first?.client_msg_id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: again with each page
  useEffect(() => {
    // Without a connection it stands where one can see.
    if (seeking) loadOlder().catch(() => setOpening(firstUnread));
  }, [seeking, oldest]);
  return opening;
}

/** The first message by others that came while the page was not to be seen. */
function useCame(me: string, messages: readonly Shown[]): string | null {
  const [came, setCame] = useState<string | null>(null);
  const [seen, setSeen] = useState<number | null>(null);
  const last = messages.findLast(isStored)?.seq ?? 0;
  useEffect(() => {
    const look = () => setSeen(document.visibilityState === 'visible' ? null : last);
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [last]);
  useEffect(() => {
    if (seen === null) return;
    const first = messages.find((one) => isStored(one) && one.seq > seen && one.sender_id !== me);
    if (first && isStored(first)) setCame(first.message_id);
  }, [messages, seen, me]);
  return came;
}
