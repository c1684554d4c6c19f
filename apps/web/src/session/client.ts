/** The client of this browser's session. */
import { browserStorage, createClient, type ParleyClient } from '@parley/sdk';
import { indexedDbDatabase } from '@parley/sdk/indexed-db';

/** What this browser is called in the person's list of devices. */
export const device = { name: browserName(), platform: 'web' } as const;

/** A client of the server that serves this page, with the session and the database that this browser's tabs share. */
export function createMainClient(): ParleyClient {
  return createClient({
    url: location.origin,
    storage: browserStorage(),
    database: indexedDbDatabase(),
    transport: 'websocket',
    device,
  });
}

/** Like "Firefox on Linux": as much of it as the browser tells. */
function browserName(): string {
  const { userAgent } = navigator;
  const browser = /Edg\//.test(userAgent)
    ? 'Edge'
    : (/(Firefox|Chrome|Safari)\//.exec(userAgent)?.[1] ?? 'Browser');
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|CrOS|Linux)/.exec(userAgent)?.[1];
  return system ? `${browser} on ${system.replace('Mac OS X', 'macOS')}` : browser;
}
