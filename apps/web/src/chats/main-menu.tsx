import { Search, Settings, Star, Users } from 'lucide-react';
import { useLocation } from 'wouter';
import { texts } from '../texts/texts.ts';
import { MenuItem } from '../ui/menu.tsx';
import { PopupMenu, type PopupMenuProps } from '../ui/popup-menu.tsx';

/** Where one can go from the list. */
export function MainMenu(popup: Omit<PopupMenuProps, 'label' | 'children'>) {
  const [, navigate] = useLocation();
  return (
    <PopupMenu {...popup} label={texts.chats.menu}>
      <MenuItem icon={<Users size={18} />} onClick={() => navigate('/new-group')}>
        {texts.chats.newGroup}
      </MenuItem>
      <MenuItem icon={<Search size={18} />} onClick={() => navigate('/search')}>
        {texts.chats.search}
      </MenuItem>
      <MenuItem icon={<Star size={18} />} onClick={() => navigate('/starred')}>
        {texts.chats.starred}
      </MenuItem>
      <MenuItem icon={<Settings size={18} />} onClick={() => navigate('/settings')}>
        {texts.chats.settings}
      </MenuItem>
    </PopupMenu>
  );
}
