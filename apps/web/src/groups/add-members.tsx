/** Adds people to a group. */
import type { Participant } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useMemo, useState } from 'react';
import type { Person } from '../people/people-picker.tsx';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { mostMembers } from './limits.ts';
import { SelectPeople } from './select-people.tsx';
import { useChanges } from './use-changes.ts';

interface AddMembersProps {
  readonly chatId: string;
  readonly members: readonly Participant[];
  readonly onClose: () => void;
}

export function AddMembers({ chatId, members, onClose }: AddMembersProps) {
  const client = useClient();
  const { busy, run } = useChanges();
  const [chosen, setChosen] = useState<readonly Person[]>([]);
  const without = useMemo(() => new Set(members.map(({ user_id }) => user_id)), [members]);
  const tooMany = members.length + chosen.length > mostMembers;
  const add = async () => {
    const user_ids = chosen.map(({ user_id }) => user_id);
    if (await run(() => client.chats.addParticipants({ id: chatId, user_ids }))) onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={texts.groups.addMembers}
      description={tooMany ? texts.groups.tooMany(mostMembers) : texts.groups.addHint}
      actions={
        <Button
          variant="primary"
          busy={busy}
          disabled={chosen.length === 0 || tooMany}
          onClick={() => void add()}
        >
          {texts.groups.add(chosen.length)}
        </Button>
      }
    >
      <SelectPeople chosen={chosen} onChange={setChosen} without={without} />
    </Dialog>
  );
}
