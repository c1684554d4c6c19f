/** What can be done with the chat as a whole. */
import type { ChatSummary } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { Bell, BellOff, Check, EllipsisVertical, Info, LogOut, Search, Star, Timer } from 'lucide-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { chatName } from '../../lib/names.ts';
import { texts } from '../../texts/texts.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu, MenuItem, MenuSeparator, Submenu } from '../../ui/menu.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useConversation } from '../context.ts';
import { isAdmin } from '../model/may.ts';

const hours = 3600 * 1000;
const timers = [0, 86_400, 604_800, 7_776_000] as const;

export function HeaderMenu({ chat }: { chat: ChatSummary }) {
  const { chats } = useClient();
  const [, navigate] = useLocation();
  const { error } = useToast();
  const conversation = useConversation();
  const [leaving, setLeaving] = useState(false);
  const t = texts.conversation;
  const id = chat.chat_id;
  const mute = (ms: number | null) => {
    const mute_until = ms === null ? null : new Date(Date.now() + ms).toISOString();
    void chats.mute({ id, is_muted: true, mute_until }).catch(error);
  };
  const setTimer = (auto_delete_seconds: (typeof timers)[number]) =>
    void chats.setDisappearing({ id, auto_delete_seconds }).catch(error);
  const leave = () => chats.removeParticipant({ id, user_id: conversation.me });
  const maySetTimer = chat.is_member && (chat.type === 'direct' || isAdmin(conversation));
  return (
    <>
      <Menu trigger={<IconButton label={t.menu} icon={<EllipsisVertical size={20} />} />}>
        <MenuItem icon={<Info size={18} />} onClick={() => navigate(`/c/${id}/info`)}>
          {t.info(chatName(chat))}
        </MenuItem>
        <MenuItem icon={<Search size={18} />} onClick={() => navigate(`/c/${id}/search`)}>
          {t.search}
        </MenuItem>
        <MenuItem icon={<Star size={18} />} onClick={() => navigate('/starred')}>
          {t.starred}
        </MenuItem>
        {chat.is_muted ? (
          <MenuItem
            icon={<Bell size={18} />}
            onClick={() => void chats.mute({ id, is_muted: false }).catch(error)}
          >
            {t.unmute}
          </MenuItem>
        ) : (
          <Submenu icon={<BellOff size={18} />} label={t.mute}>
            <MenuItem onClick={() => mute(8 * hours)}>{texts.chats.mute8h}</MenuItem>
            <MenuItem onClick={() => mute(7 * 24 * hours)}>{texts.chats.muteWeek}</MenuItem>
            <MenuItem onClick={() => mute(null)}>{texts.chats.muteAlways}</MenuItem>
          </Submenu>
        )}
        {maySetTimer && (
          <Submenu icon={<Timer size={18} />} label={t.disappearing}>
            {timers.map((seconds) => (
              <MenuItem
                key={seconds}
                icon={
                  <Check size={18} visibility={chat.auto_delete_seconds === seconds ? 'visible' : 'hidden'} />
                }
                onClick={() => setTimer(seconds)}
              >
                {t.disappearingFor[seconds]}
              </MenuItem>
            ))}
          </Submenu>
        )}
        {chat.type === 'group' && chat.is_member && (
          <>
            <MenuSeparator />
            <MenuItem icon={<LogOut size={18} />} danger onClick={() => setLeaving(true)}>
              {t.leave}
            </MenuItem>
          </>
        )}
      </Menu>
      <ConfirmDialog
        open={leaving}
        onOpenChange={setLeaving}
        title={texts.chats.leaveTitle(chatName(chat))}
        description={texts.chats.leaveHint}
        confirm={texts.chats.leaveConfirm}
        onConfirm={leave}
        danger
      />
    </>
  );
}
