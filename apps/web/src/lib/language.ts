/** The language of the client: that of its texts. */

/** Its code, and the direction it is written in. */
export const language = { code: 'en', dir: 'ltr' } as const;

/** For numbers and dates: the person's own way where it is a kind of the texts' language (British, Indian, ...). */
export const locale = navigator.languages.find((tag) => tag.startsWith(language.code)) ?? language.code;

/** Says on the page which language it is in and in which direction that is written. */
export function showLanguage(): void {
  document.documentElement.lang = language.code;
  document.documentElement.dir = language.dir;
}
