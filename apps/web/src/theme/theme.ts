/** Light or dark: what the device says, or what the person chose. The choice is this browser's alone. */
export type Theme = 'system' | 'light' | 'dark';

const key = 'parley:theme';

/** What was chosen; `system` where nothing was, or the browser keeps nothing. */
export function chosenTheme(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    // A browser that refuses its storage: the device decides.
    return 'system';
  }
}

/** Shows a theme and remembers it; where the browser keeps nothing it lasts as long as the page. */
export function chooseTheme(theme: Theme): void {
  showTheme(theme);
  try {
    if (theme === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // Shown all the same.
  }
}

/** Puts a theme on the page without remembering it. */
export function showTheme(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset.theme;
  else dataset.theme = theme;
}
