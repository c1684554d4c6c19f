import type { ChatSummary } from '@parley/sdk';
import { useClient, useSession } from '@parley/sdk/react';
import { useToast } from '../ui/toast.tsx';

export const hour = 3_600_000;

/** What can be done to a chat from the list. What goes wrong is told. */
export function useActions({ chat_id, last_message }: ChatSummary) {
  const { chats, realtime } = useClient();
  const me = useSession();
  const toast = useToast();
  const told = (work: Promise<unknown>) => void work.catch(toast.error);
  return {
    pin: (is_pinned: boolean) => told(chats.pin({ id: chat_id, is_pinned })),
    /** For a time in milliseconds, or for ever (null). */
    mute: (duration: number | null) => {
      const mute_until = duration === null ? null : new Date(Date.now() + duration).toISOString();
      told(chats.mute({ id: chat_id, is_muted: true, mute_until }));
    },
    unmute: () => told(chats.mute({ id: chat_id, is_muted: false })),
    markRead: () => last_message && told(realtime.read(chat_id, last_message.message_id)),
    leave: () => chats.removeParticipant({ id: chat_id, user_id: me ?? '' }),
  };
}
