import type { ChatSummary, ParleyClient } from '@parley/sdk';
import { useClient, useSession } from '@parley/sdk/react';
import { useEffect } from 'react';

/** Message ids that one receipt may name (contract section 4). */
const atOnce = 100;

/** Tells the server that messages have arrived here, also of chats that nobody opens: their senders see two ticks. */
export function useDelivered(): void {
  const client = useClient();
  const user = useSession();
  useEffect(() => (user === null ? undefined : tellArrivals(client, user)), [client, user]);
}

function tellArrivals({ chats, realtime }: ParleyClient, user: string): () => void {
  const told = new Map<string, string>();
  const tell = () => {
    const arrived = chats.all.flatMap((chat) => arrival(chat, user, told) ?? []);
    // It waits for a connection by itself; where the server refuses, there is nobody to tell.
    for (let at = 0; at < arrived.length; at += atOnce)
      void realtime.delivered(arrived.slice(at, at + atOnce));
  };
  tell();
  return chats.subscribe(tell);
}

/** The newest message of a chat, if it has not been told of yet. What was read has arrived. */
function arrival(
  { chat_id, last_message, unread_count }: ChatSummary,
  user: string,
  told: Map<string, string>,
) {
  if (!last_message || unread_count === 0 || last_message.sender_id === user) return null;
  if (told.get(chat_id) === last_message.message_id) return null;
  told.set(chat_id, last_message.message_id);
  return last_message.message_id;
}
