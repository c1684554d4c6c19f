/** A group: what it is called, who is in it, and what its admins can change. */
import type { ChatSummary, Participant } from '@parley/sdk';
import { useClient, useSession } from '@parley/sdk/react';
import { LogOut, Pencil } from 'lucide-react';
import { useState } from 'react';
import { formatDate } from '../lib/dates.ts';
import { PhotoField } from '../media/photo-field.tsx';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { ListRow } from '../ui/list-row.tsx';
import { Switch } from '../ui/switch.tsx';
import { ChatSettings } from './chat-settings.tsx';
import { EditGroup } from './edit-group.tsx';
import styles from './info.module.css';
import { InfoHead, InfoSection } from './info-head.tsx';
import { LeaveDialog } from './leave-dialog.tsx';
import { Members } from './members.tsx';
import { useChanges } from './use-changes.ts';

interface GroupInfoProps {
  readonly chat: ChatSummary;
  readonly participants: readonly Participant[];
}

export function GroupInfo({ chat, participants }: GroupInfoProps) {
  const client = useClient();
  const me = useSession();
  const { busy, run } = useChanges();
  const [editing, setEditing] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const { chat_id, name, description, avatar_url, is_member, is_admin_only, created_at } = chat;
  const isAdmin = is_member && participants.some(({ user_id, role }) => user_id === me && role === 'admin');
  return (
    <>
      <InfoHead
        face={
          isAdmin ? (
            <PhotoField
              id={chat_id}
              name={name}
              url={avatar_url}
              busy={busy}
              onChoose={(file) => void run(() => client.setGroupAvatar(chat_id, file))}
              onRemove={() => void run(() => client.chats.update({ id: chat_id, avatar_url: '' }))}
            />
          ) : (
            <Avatar id={chat_id} name={name} url={avatar_url} size={112} />
          )
        }
        name={name}
        detail={texts.groups.detail(participants.length, formatDate(created_at))}
      >
        {description && (
          <p className={styles.about} dir="auto">
            {description}
          </p>
        )}
        {isAdmin && (
          <IconButton
            label={texts.groups.edit}
            icon={<Pencil size={20} />}
            onClick={() => setEditing(true)}
          />
        )}
      </InfoHead>
      {!is_member && <p className={styles.note}>{texts.groups.former}</p>}
      <ChatSettings chat={chat} maySetTimer={isAdmin} />
      {isAdmin && (
        <InfoSection>
          <div className={styles.switch}>
            <Switch
              label={texts.groups.adminOnly}
              hint={texts.groups.adminOnlyHint}
              checked={is_admin_only}
              disabled={busy}
              onChange={(checked) =>
                void run(() => client.chats.update({ id: chat_id, is_admin_only: checked }))
              }
            />
          </div>
        </InfoSection>
      )}
      <Members chatId={chat_id} participants={participants} isAdmin={isAdmin} />
      {is_member && (
        <InfoSection>
          <ListRow
            danger
            before={<LogOut aria-hidden />}
            title={texts.groups.leave}
            onClick={() => setLeaving(true)}
          />
        </InfoSection>
      )}
      {editing && <EditGroup chat={chat} onClose={() => setEditing(false)} />}
      <LeaveDialog chat={chat} participants={participants} open={leaving} onOpenChange={setLeaving} />
    </>
  );
}
