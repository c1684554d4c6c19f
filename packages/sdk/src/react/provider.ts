/** Which client the hooks below a provider use. */
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react';
import type { ParleyClient } from '../client.ts';

const ClientContext = createContext<ParleyClient | null>(null);

/** What `ParleyProvider` takes. */
export interface ParleyProviderProps {
  /** The client of all hooks below. Make it once, outside of components; who makes it also closes it. */
  readonly client: ParleyClient;
  /** What is rendered. */
  readonly children?: ReactNode;
}

/** Gives the client to all hooks below it. Another client may take its place at any time. */
export function ParleyProvider({ client, children }: ParleyProviderProps): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest `ParleyProvider`. Throws where there is none. */
export function useClient(): ParleyClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error('There is no <ParleyProvider client={...}> around this component');
  return client;
}
