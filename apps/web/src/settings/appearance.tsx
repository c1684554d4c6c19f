/** How it looks in this browser. */
import { Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { texts } from '../texts/texts.ts';
import { chooseTheme, chosenTheme, type Theme } from '../theme/theme.ts';
import { Pane } from '../ui/pane.tsx';
import styles from './appearance.module.css';

const themes: readonly { value: Theme; label: string; icon: React.ReactNode }[] = [
  { value: 'system', label: texts.settings.themeSystem, icon: <Monitor aria-hidden /> },
  { value: 'light', label: texts.settings.themeLight, icon: <Sun aria-hidden /> },
  { value: 'dark', label: texts.settings.themeDark, icon: <Moon aria-hidden /> },
];

export function Appearance() {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <Pane title={texts.settings.appearance} back="/settings">
      <fieldset className={styles.themes}>
        <legend>{texts.settings.theme}</legend>
        <p className={styles.hint}>{texts.settings.themeHint}</p>
        <div className={styles.row}>
          {themes.map(({ value, label, icon }) => (
            <label key={value} className={styles.theme}>
              <input
                type="radio"
                name="theme"
                className="visually-hidden"
                checked={theme === value}
                onChange={() => {
                  setTheme(value);
                  chooseTheme(value);
                }}
              />
              {icon}
              <span>{label}</span>
            </label>
          ))}
        </div>
      </fieldset>
    </Pane>
  );
}
