/** Several people to choose; those who are chosen stand above the list. */
import { Check, X } from 'lucide-react';
import { useMemo } from 'react';
import { cx } from '../lib/cx.ts';
import { personName } from '../lib/names.ts';
import { aboutPerson, PeoplePicker, type Person } from '../people/people-picker.tsx';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { ListRow } from '../ui/list-row.tsx';
import styles from './select-people.module.css';

export interface SelectPeopleProps {
  readonly chosen: readonly Person[];
  readonly onChange: (people: readonly Person[]) => void;
  /** Those who are in already. */
  readonly without?: ReadonlySet<string> | undefined;
}

export function SelectPeople({ chosen, onChange, without }: SelectPeopleProps) {
  const ids = useMemo(() => new Set(chosen.map(({ user_id }) => user_id)), [chosen]);
  const remove = ({ user_id }: Person) => onChange(chosen.filter((other) => other.user_id !== user_id));
  const add = (person: Person) => {
    if (!ids.has(person.user_id) && !without?.has(person.user_id)) onChange([...chosen, person]);
  };
  return (
    <div className={styles.select}>
      {chosen.length > 0 && (
        <ul className={styles.chosen} aria-label={texts.groups.chosenPeople}>
          {chosen.map((person) => (
            <li key={person.user_id}>
              <button type="button" className={styles.chip} onClick={() => remove(person)}>
                <span className="visually-hidden">
                  {texts.groups.unchoose(personName(person.display_name))}
                </span>
                <Avatar
                  id={person.user_id}
                  name={personName(person.display_name)}
                  url={person.avatar_url}
                  size={28}
                />
                <bdi aria-hidden>{personName(person.display_name)}</bdi>
                <X size={16} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      <PeoplePicker
        without={without}
        onFound={add}
        renderPerson={(person) => {
          const isChosen = ids.has(person.user_id);
          const name = personName(person.display_name);
          return (
            <ListRow
              role="checkbox"
              aria-checked={isChosen}
              before={<Avatar id={person.user_id} name={name} url={person.avatar_url} />}
              title={name}
              subtitle={aboutPerson(person)}
              after={
                <span className={cx(styles.mark, isChosen && styles.marked)}>
                  {isChosen && <Check size={16} aria-hidden />}
                </span>
              }
              onClick={() => (isChosen ? remove(person) : add(person))}
            />
          );
        }}
      />
    </div>
  );
}
