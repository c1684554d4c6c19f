/** What can be set, by page. */
import { useAccount } from '@parley/sdk/react';
import { Bell, ChevronRight, Laptop, LogOut, type LucideIcon, ShieldCheck, SunMoon } from 'lucide-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { personName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { ListRow } from '../ui/list-row.tsx';
import { Pane } from '../ui/pane.tsx';
import styles from './settings.module.css';
import { SignOut } from './sign-out.tsx';

const pages: readonly (readonly [page: string, icon: LucideIcon, title: string, hint: string])[] = [
  ['privacy', ShieldCheck, texts.settings.privacy, texts.settings.privacyHint],
  ['notifications', Bell, texts.settings.notifications, texts.settings.notificationsHint],
  ['appearance', SunMoon, texts.settings.appearance, texts.settings.appearanceHint],
  ['devices', Laptop, texts.settings.devices, texts.settings.devicesHint],
];

export function Overview() {
  const [, navigate] = useLocation();
  const { profile } = useAccount();
  const [leaving, setLeaving] = useState(false);
  const name = personName(profile?.display_name);
  return (
    <Pane title={texts.settings.title}>
      <ListRow
        className={styles.me}
        before={<Avatar id={profile?.id ?? ''} name={name} url={profile?.avatar_url} size={64} />}
        title={name}
        subtitle={profile?.status_text || texts.settings.profileHint}
        after={<Chevron />}
        onClick={() => navigate('/settings/profile')}
      />
      <ul className={styles.list}>
        {pages.map(([page, Icon, title, hint]) => (
          <li key={page}>
            <ListRow
              before={<Icon className={styles.icon} aria-hidden />}
              title={title}
              subtitle={hint}
              after={<Chevron />}
              onClick={() => navigate(`/settings/${page}`)}
            />
          </li>
        ))}
        <li>
          <ListRow
            danger
            before={<LogOut className={styles.danger} aria-hidden />}
            title={texts.settings.signOut}
            onClick={() => setLeaving(true)}
          />
        </li>
      </ul>
      <SignOut open={leaving} onOpenChange={setLeaving} />
    </Pane>
  );
}

function Chevron() {
  return <ChevronRight size={18} className={styles.chevron} aria-hidden />;
}
