import type { ChatSummary } from '@parley/sdk';
import { Bell, BellOff, CheckCheck, Info, LogOut, Pin, PinOff } from 'lucide-react';
import { useLocation } from 'wouter';
import { chatName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { MenuItem, MenuSeparator, Submenu } from '../ui/menu.tsx';
import { PopupMenu, type PopupMenuProps } from '../ui/popup-menu.tsx';
import { hour, useActions } from './use-actions.ts';

export interface RowMenuProps extends Omit<PopupMenuProps, 'label' | 'children'> {
  readonly chat: ChatSummary;
  readonly onLeave: () => void;
}

/** The menu of a chat in the list. */
export function RowMenu({ chat, onLeave, ...popup }: RowMenuProps) {
  const { pin, mute, unmute, markRead } = useActions(chat);
  const [, navigate] = useLocation();
  const { is_pinned, is_muted, unread_count, type, is_member, chat_id } = chat;
  return (
    <PopupMenu {...popup} label={texts.chats.actions(chatName(chat))}>
      {unread_count > 0 && (
        <MenuItem icon={<CheckCheck size={18} />} onClick={markRead}>
          {texts.chats.markRead}
        </MenuItem>
      )}
      <MenuItem icon={is_pinned ? <PinOff size={18} /> : <Pin size={18} />} onClick={() => pin(!is_pinned)}>
        {is_pinned ? texts.chats.unpin : texts.chats.pin}
      </MenuItem>
      {is_muted ? (
        <MenuItem icon={<Bell size={18} />} onClick={unmute}>
          {texts.chats.unmute}
        </MenuItem>
      ) : (
        <Submenu icon={<BellOff size={18} />} label={texts.chats.mute}>
          <MenuItem onClick={() => mute(8 * hour)}>{texts.chats.mute8h}</MenuItem>
          <MenuItem onClick={() => mute(7 * 24 * hour)}>{texts.chats.muteWeek}</MenuItem>
          <MenuItem onClick={() => mute(null)}>{texts.chats.muteAlways}</MenuItem>
        </Submenu>
      )}
      <MenuItem icon={<Info size={18} />} onClick={() => navigate(`/c/${chat_id}/info`)}>
        {texts.chats.info}
      </MenuItem>
      {type === 'group' && is_member && (
        <>
          <MenuSeparator />
          <MenuItem icon={<LogOut size={18} />} danger onClick={onLeave}>
            {texts.chats.leave}
          </MenuItem>
        </>
      )}
    </PopupMenu>
  );
}
