import { ParleyProvider } from '@parley/sdk/react';
import { useState } from 'react';
import { Router } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import { Messenger } from '../messenger/messenger.tsx';
import { useLive } from '../session/use-live.ts';
import type { Person } from './person.ts';

/** A whole client for one person, with an address of its own that the window does not show. */
export function Side({ person, chatId }: { person: Person; chatId: string }) {
  const [{ hook, searchHook }] = useState(() => memoryLocation({ path: `/c/${chatId}` }));
  return (
    <ParleyProvider client={person.client}>
      <Router hook={hook} searchHook={searchHook}>
        <Live />
        <Messenger embedded />
      </Router>
    </ParleyProvider>
  );
}

function Live() {
  useLive();
  return null;
}
