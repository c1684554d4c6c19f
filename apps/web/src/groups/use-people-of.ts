import type { Participant } from '@parley/sdk';
import { useAccount, useClient } from '@parley/sdk/react';
import { useEffect, useMemo, useState } from 'react';

type Face = Pick<Participant, 'display_name' | 'avatar_url'>;

/** At most so many are asked for one by one. */
const most = 20;

/** Names and photos of people: of the chat's members, of contacts, and of others, such as those who have left, from their profiles. */
export function usePeopleOf(
  chatId: string | undefined,
  who: readonly { readonly user_id: string }[] | null,
): ReadonlyMap<string, Face> {
  const client = useClient();
  const { contacts } = useAccount();
  const [others, setOthers] = useState<ReadonlyMap<string, Face>>(new Map());
  const known = useMemo(() => {
    const members = chatId ? client.messages(chatId).participants : [];
    const all: readonly (Face & { user_id: string })[] = [...contacts, ...members];
    return new Map(all.map((person): [string, Face] => [person.user_id, person]));
  }, [client, chatId, contacts]);
  useEffect(() => {
    const unknown = (who ?? []).filter(({ user_id }) => !known.has(user_id)).slice(0, most);
    if (unknown.length === 0) return;
    const controller = new AbortController();
    const { signal } = controller;
    void Promise.all(
      unknown.map(async ({ user_id }): Promise<[string, Face] | null> => {
        // Who cannot be found is shown without a name.
        return client.users.get({ id: user_id }, { signal }).then(
          (profile) => [user_id, profile],
          () => null,
        );
      }),
    ).then((found) => {
      if (!signal.aborted) setOthers(new Map(found.filter((entry) => entry !== null)));
    });
    return () => controller.abort();
  }, [client, known, who]);
  return useMemo(() => new Map([...others, ...known]), [others, known]);
}
