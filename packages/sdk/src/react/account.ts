import type { Contact, OwnProfile, PrivacySettings } from '@parley/contract';
import { useCallback, useMemo } from 'react';
import { useLoading } from './loading.ts';
import { useClient } from './provider.ts';
import { fields, useSource } from './source.ts';

/** What `useAccount` answers. */
export interface AccountState {
  /** The user's own profile; null until it is known. */
  readonly profile: OwnProfile | null;
  /** Who sees what of the user; null until it is known. */
  readonly privacy: PrivacySettings | null;
  /** The user's contacts. */
  readonly contacts: readonly Contact[];
  /** Ids of those whom the user has blocked. */
  readonly blocked: readonly string[];
}

const empty: AccountState = { profile: null, privacy: null, contacts: [], blocked: [] };

/** What is the signed-in user's own (`client.account`), kept up to date; loaded as soon as somebody is signed in. */
export function useAccount(): AccountState {
  const { account } = useClient();
  const source = useMemo(
    () =>
      fields<AccountState>(
        (changed) => account.subscribe(changed),
        () => {
          const { profile, privacy, contacts, blocked } = account;
          return { profile, privacy, contacts, blocked };
        },
        empty,
      ),
    [account],
  );
  useLoading(useCallback(() => account.load(), [account]));
  return useSource(source);
}
