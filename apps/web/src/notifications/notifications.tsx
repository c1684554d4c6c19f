/** Tells of new messages while the page is not in view. Once in the page of who is signed in; it shows nothing itself. */
import type { ServerEventData } from '@parley/sdk';
import { useClient, useSession } from '@parley/sdk/react';
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { describe } from './describe.ts';
import { permission } from './permission.ts';
import { preferences } from './preferences.ts';
import { Shown } from './shown.ts';
import { playTone } from './tone.ts';

export function Notifications() {
  const client = useClient();
  const me = useSession();
  const [, navigate] = useLocation();
  useEffect(() => {
    if (me === null) return;
    const shown = new Shown((chatId) => navigate(`/c/${chatId}`));
    const tell = async (message: ServerEventData<'message.new'>) => {
      if (!wanted() || message.sender_id === me || message.type === 'system') return;
      const { chat_id } = message;
      // A chat that is not in the list yet, such as one that has just begun, is asked for.
      const chat = client.chats.find(chat_id) ?? (await client.chats.get({ id: chat_id }).catch(() => null));
      if (!chat || isMuted(chat) || !wanted()) return;
      shown.show(chat_id, describe(chat, message, client.messages(chat_id).participants));
      if (preferences().sounds) playTone();
    };
    const forget = client.realtime.on('message.new', (message) => void tell(message));
    const seen = () => document.visibilityState === 'visible' && shown.clear();
    document.addEventListener('visibilitychange', seen);
    return () => {
      forget();
      document.removeEventListener('visibilitychange', seen);
      shown.clear();
    };
  }, [client, me, navigate]);
  return null;
}

function wanted(): boolean {
  return document.visibilityState === 'hidden' && preferences().enabled && permission() === 'granted';
}

/** A mute that is over counts as none. */
function isMuted({ is_muted, mute_until }: { is_muted: boolean; mute_until: string | null }): boolean {
  return is_muted && (mute_until === null || Date.parse(mute_until) > Date.now());
}
