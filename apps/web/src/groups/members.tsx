/** Who is in a group; its admins add people, remove them, and say who else is an admin. */
import type { Participant } from '@parley/sdk';
import { useClient, useSession } from '@parley/sdk/react';
import { EllipsisVertical, MessageCircle, ShieldCheck, ShieldOff, UserMinus, UserPlus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { personName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { ListRow } from '../ui/list-row.tsx';
import { Menu, MenuItem, MenuSeparator } from '../ui/menu.tsx';
import { AddMembers } from './add-members.tsx';
import styles from './info.module.css';
import { InfoSection } from './info-head.tsx';
import { isLastAdmin } from './leave-dialog.tsx';
import { useChanges } from './use-changes.ts';

interface MembersProps {
  readonly chatId: string;
  readonly participants: readonly Participant[];
  readonly isAdmin: boolean;
}

export function Members({ chatId, participants, isAdmin }: MembersProps) {
  const me = useSession();
  const [adding, setAdding] = useState(false);
  const sorted = useMemo(() => inOrder(participants, me), [participants, me]);
  return (
    <InfoSection title={texts.groups.members(participants.length)}>
      {isAdmin && (
        <ListRow
          before={<UserPlus className={styles.icon} aria-hidden />}
          title={texts.groups.addMembers}
          onClick={() => setAdding(true)}
        />
      )}
      <ul>
        {sorted.map((member) => (
          <li key={member.user_id}>
            <Member
              chatId={chatId}
              member={member}
              isMe={member.user_id === me}
              isAdmin={isAdmin}
              last={isLastAdmin(participants, member.user_id)}
            />
          </li>
        ))}
      </ul>
      {adding && <AddMembers chatId={chatId} members={participants} onClose={() => setAdding(false)} />}
    </InfoSection>
  );
}

/** Oneself, then admins, then all others by name. */
function inOrder(participants: readonly Participant[], me: string | null): readonly Participant[] {
  const rank = ({ user_id, role }: Participant) => (user_id === me ? 0 : role === 'admin' ? 1 : 2);
  return participants.toSorted(
    (a, b) => rank(a) - rank(b) || personName(a.display_name).localeCompare(personName(b.display_name)),
  );
}

interface MemberProps {
  readonly chatId: string;
  readonly member: Participant;
  readonly isMe: boolean;
  /** Whether oneself is. */
  readonly isAdmin: boolean;
  /** Whether this is the only admin, which somebody must be. */
  readonly last: boolean;
}

function Member({ chatId, member, isMe, isAdmin, last }: MemberProps) {
  const client = useClient();
  const [, navigate] = useLocation();
  const { run } = useChanges();
  const [removing, setRemoving] = useState(false);
  const { user_id, role } = member;
  const name = personName(member.display_name);
  const write = () =>
    void run(async () => {
      const { chat_id } = await client.chats.create({ type: 'direct', participant_id: user_id });
      navigate(`/c/${chat_id}`);
    });
  const setRole = (next: Participant['role']) =>
    void run(() => client.chats.setRole({ id: chatId, user_id, role: next }));
  return (
    <div className={styles.member}>
      <ListRow
        before={<Avatar id={user_id} name={name} url={member.avatar_url} />}
        title={isMe ? texts.groups.you : name}
        after={role === 'admin' && <span className={styles.role}>{texts.groups.admin}</span>}
        onClick={isMe ? () => navigate('/settings/profile') : write}
      />
      {(isAdmin || !isMe) && (
        <Menu
          trigger={
            <IconButton label={texts.groups.memberActions(name)} icon={<EllipsisVertical size={20} />} />
          }
        >
          {!isMe && (
            <MenuItem icon={<MessageCircle size={18} />} onClick={write}>
              {texts.groups.writeTo(name)}
            </MenuItem>
          )}
          {isAdmin && !isMe && <MenuSeparator />}
          {isAdmin && role === 'member' && (
            <MenuItem icon={<ShieldCheck size={18} />} onClick={() => setRole('admin')}>
              {texts.groups.makeAdmin}
            </MenuItem>
          )}
          {isAdmin && role === 'admin' && (
            <MenuItem icon={<ShieldOff size={18} />} disabled={last} onClick={() => setRole('member')}>
              {last ? texts.groups.onlyAdmin : texts.groups.dismissAdmin}
            </MenuItem>
          )}
          {isAdmin && !isMe && (
            <MenuItem icon={<UserMinus size={18} />} danger onClick={() => setRemoving(true)}>
              {texts.groups.remove}
            </MenuItem>
          )}
        </Menu>
      )}
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title={texts.groups.removeTitle(name)}
        description={texts.groups.removeHint}
        confirm={texts.groups.removeConfirm}
        danger
        onConfirm={() => client.chats.removeParticipant({ id: chatId, user_id })}
      />
    </div>
  );
}
