import { useAccount, useSession } from '@parley/sdk/react';
import { EllipsisVertical, SquarePen } from 'lucide-react';
import { lazy, Suspense, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { personName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import styles from './chat-list.module.css';

const MainMenu = lazy(async () => ({ default: (await import('./main-menu.tsx')).MainMenu }));

/** Above the list: who one is, and where else one can go. */
export function ListHeader({ headingLevel: Heading }: { headingLevel: 'h1' | 'h2' }) {
  const [, navigate] = useLocation();
  const me = useSession() ?? '';
  const { profile } = useAccount();
  const name = profile ? personName(profile.display_name) : '';
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <header className={styles.header}>
      <IconButton
        label={texts.chats.settings}
        icon={<Avatar id={me} name={name} url={profile?.avatar_url} size={34} />}
        onClick={() => navigate('/settings')}
      />
      <Heading className={styles.title}>{texts.chats.title}</Heading>
      <IconButton
        label={texts.chats.newChat}
        icon={<SquarePen size={20} />}
        variant="accent"
        onClick={() => navigate('/new')}
      />
      <IconButton
        ref={button}
        label={texts.chats.menu}
        icon={<EllipsisVertical size={20} />}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      />
      {open && button.current && (
        <Suspense>
          <MainMenu
            anchor={button.current}
            returnFocus={() => button.current}
            onClosed={() => setOpen(false)}
          />
        </Suspense>
      )}
    </header>
  );
}
