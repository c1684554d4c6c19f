/** A direct chat: who the other one is. */
import type { ChatSummary, Profile } from '@parley/sdk';
import { useAccount, useClient, usePresence } from '@parley/sdk/react';
import { Ban } from 'lucide-react';
import { useEffect, useState } from 'react';
import { personName } from '../lib/names.ts';
import { presenceText } from '../people/presence-text.ts';
import { useBlock } from '../people/use-block.ts';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ListRow } from '../ui/list-row.tsx';
import { ChatSettings } from './chat-settings.tsx';
import styles from './info.module.css';
import { InfoHead, InfoSection } from './info-head.tsx';

export function DirectInfo({ chat }: { chat: ChatSummary }) {
  const { blocked } = useAccount();
  const other = chat.participant;
  const presence = usePresence(other?.user_id);
  const profile = useProfile(other?.user_id);
  const [asking, setAsking] = useState(false);
  const block = useBlock();
  if (!other) return null;
  const name = personName(other.display_name);
  const isBlocked = blocked.includes(other.user_id);
  return (
    <>
      <InfoHead
        face={
          <Avatar id={other.user_id} name={name} url={profile?.avatar_url ?? other.avatar_url} size={112} />
        }
        name={name}
        detail={isBlocked ? texts.people.blocked : presenceText(presence)}
      >
        {profile?.status_text && (
          <p className={styles.about} dir="auto">
            {profile.status_text}
          </p>
        )}
      </InfoHead>
      <ChatSettings chat={chat} maySetTimer={!isBlocked} />
      <InfoSection>
        <ListRow
          danger={!isBlocked}
          before={<Ban aria-hidden className={isBlocked ? styles.icon : styles.danger} />}
          title={isBlocked ? texts.people.unblock(name) : texts.people.block(name)}
          onClick={() => (isBlocked ? void block.unblock(other.user_id, name) : setAsking(true))}
        />
      </InfoSection>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={texts.people.blockTitle(name)}
        description={texts.people.blockHint}
        confirm={texts.people.blockConfirm}
        danger
        onConfirm={() => block.block(other.user_id)}
      />
    </>
  );
}

/** What they say of themselves is not in the chat. Null until it is there, and where it cannot be had. */
function useProfile(userId: string | undefined): Profile | null {
  const client = useClient();
  const [profile, setProfile] = useState<Profile | null>(null);
  useEffect(() => {
    if (!userId) return;
    const controller = new AbortController();
    client.users.get({ id: userId }, { signal: controller.signal }).then(setProfile, () => {
      // Without it the name and photo of the chat are shown.
      if (!controller.signal.aborted) setProfile(null);
    });
    return () => controller.abort();
  }, [client, userId]);
  return profile;
}
