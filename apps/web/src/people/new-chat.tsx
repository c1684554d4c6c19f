/** Whom to write to: contacts, or somebody by their phone number. */
import { useClient } from '@parley/sdk/react';
import { Phone, Users } from 'lucide-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { personName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { ListRow } from '../ui/list-row.tsx';
import { Pane } from '../ui/pane.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { useToast } from '../ui/toast.tsx';
import { AddByNumber } from './add-by-number.tsx';
import styles from './new-chat.module.css';
import { aboutPerson, PeoplePicker, type Person } from './people-picker.tsx';

export function NewChat() {
  const [, navigate] = useLocation();
  const { open, opening } = useDirectChat();
  const [adding, setAdding] = useState(false);
  return (
    <Pane title={texts.people.newChat}>
      <div className={styles.ways}>
        <Way
          icon={<Users size={20} />}
          title={texts.people.newGroup}
          onClick={() => navigate('/new-group')}
        />
        <Way icon={<Phone size={20} />} title={texts.people.addByNumber} onClick={() => setAdding(true)} />
      </div>
      <PeoplePicker
        onFound={open}
        renderPerson={(person) => (
          <ListRow
            before={
              <Avatar id={person.user_id} name={personName(person.display_name)} url={person.avatar_url} />
            }
            title={personName(person.display_name)}
            subtitle={aboutPerson(person)}
            after={opening === person.user_id && <Spinner size={20} />}
            onClick={() => open(person)}
          />
        )}
      />
      {adding && (
        <AddByNumber
          onClose={() => setAdding(false)}
          onFound={(person) => {
            setAdding(false);
            open(person);
          }}
        />
      )}
    </Pane>
  );
}

/** Opens the chat with somebody: there is one for each pair. */
function useDirectChat() {
  const client = useClient();
  const [, navigate] = useLocation();
  const toast = useToast();
  const [opening, setOpening] = useState<string | null>(null);
  const open = async ({ user_id }: Person) => {
    setOpening(user_id);
    try {
      const { chat_id } = await client.chats.create({ type: 'direct', participant_id: user_id });
      navigate(`/c/${chat_id}`);
    } catch (error) {
      toast.error(error);
    } finally {
      setOpening(null);
    }
  };
  return { open: (person: Person) => void open(person), opening };
}

function Way({ icon, title, onClick }: { icon: React.ReactNode; title: string; onClick: () => void }) {
  return <ListRow before={<span className={styles.sign}>{icon}</span>} title={title} onClick={onClick} />;
}
