import { useConnection } from '@parley/sdk/react';
import { WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useNetwork } from '../lib/use-network.ts';
import { texts } from '../texts/texts.ts';
import { Banner } from '../ui/banner.tsx';

/** How long a connection may be away before it is told, in milliseconds: a short break is nobody's concern. */
const patience = 1500;

/** Tells that there is no connection, as long as there is none. */
export function ConnectionBanner() {
  const status = useConnection();
  const network = useNetwork();
  const away = !network || status === 'offline' || status === 'connecting';
  const [told, setTold] = useState(false);
  useEffect(() => {
    if (!away) {
      setTold(false);
      return;
    }
    const timer = setTimeout(() => setTold(true), patience);
    return () => clearTimeout(timer);
  }, [away]);
  if (!away || !told) return null;
  return (
    <Banner tone="warning" icon={<WifiOff size={16} aria-hidden="true" />}>
      {texts.connection.offline}
    </Banner>
  );
}
