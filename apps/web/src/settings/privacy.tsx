/** Who sees what of oneself. */
import type { PrivacySettings } from '@parley/sdk';
import { useAccount, useClient } from '@parley/sdk/react';
import { Ban, ChevronRight, Clock, type LucideIcon, TextQuote, UserRound } from 'lucide-react';
import { useLocation } from 'wouter';
import { useChanges } from '../groups/use-changes.ts';
import { texts } from '../texts/texts.ts';
import { ListRow } from '../ui/list-row.tsx';
import { Pane } from '../ui/pane.tsx';
import { Switch } from '../ui/switch.tsx';
import { Choice } from './choice.tsx';
import styles from './settings.module.css';

type Audience = PrivacySettings['last_seen'];
type Setting = 'last_seen' | 'profile_photo' | 'about';

const audiences: readonly { value: Audience; label: string }[] = [
  { value: 'everyone', label: texts.settings.everyone },
  { value: 'contacts', label: texts.settings.contacts },
  { value: 'nobody', label: texts.settings.nobody },
];

const settings: readonly (readonly [Setting, LucideIcon, string, string?])[] = [
  ['last_seen', Clock, texts.settings.lastSeen, texts.settings.lastSeenHint],
  ['profile_photo', UserRound, texts.settings.photo],
  ['about', TextQuote, texts.settings.about],
];

export function Privacy() {
  const client = useClient();
  const [, navigate] = useLocation();
  const { privacy, blocked } = useAccount();
  const { busy, run } = useChanges();
  return (
    <Pane title={texts.settings.privacy} back="/settings">
      {settings.map(([setting, Icon, label, hint]) => (
        <Choice<Audience>
          key={setting}
          icon={<Icon className={styles.icon} aria-hidden />}
          label={label}
          hint={hint}
          value={privacy?.[setting]}
          options={audiences}
          onChoose={(value) => client.users.updatePrivacy({ [setting]: value })}
        />
      ))}
      <div className={styles.switches}>
        <Switch
          label={texts.settings.readReceipts}
          hint={texts.settings.readReceiptsHint}
          checked={privacy?.read_receipts ?? true}
          disabled={!privacy || busy}
          onChange={(checked) => void run(() => client.users.updatePrivacy({ read_receipts: checked }))}
        />
      </div>
      <ListRow
        before={<Ban className={styles.icon} aria-hidden />}
        title={texts.settings.blocked}
        subtitle={texts.settings.blockedCount(blocked.length)}
        after={<ChevronRight size={18} className={styles.chevron} aria-hidden />}
        onClick={() => navigate('/settings/blocked')}
      />
    </Pane>
  );
}
