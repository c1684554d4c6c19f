/** Receives what the client does, step by step: a short text and some fields. Never tokens, codes, phones or messages. */
export type DebugLog = (text: string, fields?: Readonly<Record<string, unknown>>) => void;

export function debugLog(setting: boolean | DebugLog | undefined): DebugLog {
  if (typeof setting === 'function') return setting;
  if (!setting) return () => {};
  return (text, fields) => console.debug('[parley]', text, fields ?? '');
}
