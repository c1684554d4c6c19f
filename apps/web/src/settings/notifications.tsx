/** When the browser tells of new messages. */
import { useSyncExternalStore } from 'react';
import { askPermission, permission } from '../notifications/permission.ts';
import { changePreferences, preferences, subscribePreferences } from '../notifications/preferences.ts';
import { texts } from '../texts/texts.ts';
import { Pane } from '../ui/pane.tsx';
import { Switch } from '../ui/switch.tsx';
import styles from './settings.module.css';

export function Notifications() {
  const { enabled, previews, sounds } = useSyncExternalStore(subscribePreferences, preferences);
  const allowed = permission();
  const enable = async (checked: boolean) => {
    if (checked && (await askPermission()) !== 'granted') {
      // Shown as refused; one can allow it in the browser and come back.
      changePreferences({ enabled: false });
      return;
    }
    changePreferences({ enabled: checked });
  };
  const on = enabled && allowed === 'granted';
  return (
    <Pane title={texts.settings.notifications} back="/settings">
      <div className={styles.switches}>
        <Switch
          label={texts.settings.notify}
          hint={texts.settings.notifyHint}
          checked={on}
          disabled={allowed === 'missing' || allowed === 'denied'}
          onChange={(checked) => void enable(checked)}
        />
        <div role="status">
          {allowed === 'missing' && <p className={styles.note}>{texts.settings.notifyMissing}</p>}
          {allowed === 'denied' && <p className={styles.note}>{texts.settings.notifyRefused}</p>}
        </div>
        <Switch
          label={texts.settings.preview}
          hint={texts.settings.previewHint}
          checked={previews}
          disabled={!on}
          onChange={(checked) => changePreferences({ previews: checked })}
        />
        <Switch
          label={texts.settings.sounds}
          hint={texts.settings.soundsHint}
          checked={sounds}
          disabled={!on}
          onChange={(checked) => changePreferences({ sounds: checked })}
        />
      </div>
    </Pane>
  );
}
