/** Names and faces of those who write, also of those who have left since. */
import type { ParleyClient, Participant, Profile } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { personName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { isStored, type Shown } from './model/shown.ts';

type Known = ReadonlyMap<string, Pick<Profile, 'display_name' | 'avatar_url'>>;

/** Who was asked for, by client: nobody is asked for twice. */
const asked = new WeakMap<ParleyClient, Map<string, Promise<Profile | null>>>();

export function usePeople(me: string, participants: readonly Participant[], messages: readonly Shown[]) {
  const gone = useGone(me, participants, messages);
  const known = useMemo<Known>(
    () => new Map([...gone, ...participants.map((person) => [person.user_id, person] as const)]),
    [gone, participants],
  );
  const nameOf = useCallback(
    (id: string) => (id === me ? texts.conversation.you : personName(known.get(id)?.display_name)),
    [known, me],
  );
  const faceOf = useCallback((id: string) => known.get(id)?.avatar_url ?? '', [known]);
  return { nameOf, faceOf };
}

/** Those who wrote, or are told of, and are no members any more. */
function useGone(me: string, participants: readonly Participant[], messages: readonly Shown[]): Known {
  const client = useClient();
  const [gone, setGone] = useState<Known>(new Map());
  useEffect(() => {
    // Before the members are there nobody is known to be missing.
    if (participants.length === 0) return;
    const present = new Set([me, ...participants.map(({ user_id }) => user_id)]);
    const missing = [...new Set(messages.flatMap(idsOf))].filter((id) => !present.has(id) && !gone.has(id));
    if (missing.length === 0) return;
    let shown = true;
    void Promise.all(missing.map((id) => ask(client, id))).then((profiles) => {
      const found = profiles.flatMap((profile) => (profile ? [[profile.id, profile] as const] : []));
      if (shown && found.length > 0) setGone((before) => new Map([...before, ...found]));
    });
    return () => {
      shown = false;
    };
  }, [client, me, participants, messages, gone]);
  return gone;
}

function idsOf(message: Shown): readonly string[] {
  if (!isStored(message)) return [];
  const { sender_id, payload } = message;
  return 'user_ids' in payload ? [sender_id, ...(payload.user_ids ?? [])] : [sender_id];
}

function ask(client: ParleyClient, id: string): Promise<Profile | null> {
  let people = asked.get(client);
  if (!people) {
    people = new Map();
    asked.set(client, people);
  }
  let answer = people.get(id);
  if (!answer) {
    // Somebody who cannot be asked for stays without a name, which is told as "Somebody".
    answer = client.users.get({ id }).catch(() => null);
    people.set(id, answer);
  }
  return answer;
}
