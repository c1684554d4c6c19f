import { useEffect, useState } from 'react';

/** Now, as far as the day is concerned: another one after midnight, so that "today" becomes "yesterday". */
export function useDay(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
    const wake = () => {
      if (new Date() >= midnight) setNow(new Date());
    };
    const timer = setTimeout(wake, midnight.getTime() - Date.now() + 50);
    // A device that slept has not counted the time.
    document.addEventListener('visibilitychange', wake);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [now]);
  return now;
}
