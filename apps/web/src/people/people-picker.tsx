/** Contacts to choose from, filtered by what one types; a phone number finds others. */
import type { Contact } from '@parley/sdk';
import { useAccount } from '@parley/sdk/react';
import { Search, UserSearch } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { errorText } from '../lib/errors.ts';
import { looksLikePhone, toE164 } from '../lib/phone.ts';
import { texts } from '../texts/texts.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ListRow } from '../ui/list-row.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { TextField } from '../ui/text-field.tsx';
import { matches } from './matching.ts';
import styles from './people-picker.module.css';
import { useHome } from './use-home.ts';
import { useLookup } from './use-lookup.ts';

export type Person = Pick<Contact, 'user_id' | 'display_name' | 'avatar_url'> &
  Partial<Pick<Contact, 'status_text' | 'is_blocked'>>;

export interface PeoplePickerProps {
  /** One row of the list. */
  readonly renderPerson: (person: Person) => ReactNode;
  /** Who was found by number. */
  readonly onFound: (person: Person) => void;
  /** Those who are not offered. */
  readonly without?: ReadonlySet<string> | undefined;
  readonly autoFocus?: boolean | undefined;
}

export function PeoplePicker({ renderPerson, onFound, without, autoFocus }: PeoplePickerProps) {
  const { contacts } = useAccount();
  const [query, setQuery] = useState('');
  const lookup = useLookup();
  const home = useHome();
  const shown = useMemo(
    () =>
      contacts.filter(({ user_id, display_name }) => !without?.has(user_id) && matches(display_name, query)),
    [contacts, without, query],
  );
  const phone = looksLikePhone(query) ? toE164(query, home) : null;
  const look = async () => {
    if (!phone) return;
    const found = await lookup.find(phone);
    if (!found) return;
    setQuery('');
    onFound(found);
  };
  return (
    <div className={styles.picker}>
      <TextField
        label={texts.people.filter}
        hideLabel
        type="search"
        placeholder={texts.people.filter}
        before={<Search size={18} aria-hidden />}
        dir="auto"
        autoComplete="off"
        autoFocus={autoFocus}
        value={query}
        onChange={({ currentTarget }) => {
          setQuery(currentTarget.value);
          lookup.reset();
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          void look();
        }}
      />
      <div role="status">
        {lookup.nobody && <p className={styles.note}>{texts.people.nobodyHas(lookup.nobody)}</p>}
        {lookup.error && <p className={styles.problem}>{errorText(lookup.error)}</p>}
      </div>
      {phone && (
        <ListRow
          before={
            <span className={styles.sign}>
              {lookup.busy ? <Spinner size={20} /> : <UserSearch size={20} aria-hidden />}
            </span>
          }
          title={texts.people.lookUp(phone)}
          onClick={() => void look()}
        />
      )}
      {shown.length > 0 && (
        <ul aria-label={texts.people.contacts}>
          {shown.map((person) => (
            <li key={person.user_id}>{renderPerson(person)}</li>
          ))}
        </ul>
      )}
      {shown.length === 0 && !looksLikePhone(query) && <Nobody query={query} some={contacts.length > 0} />}
    </div>
  );
}

function Nobody({ query, some }: { query: string; some: boolean }) {
  if (query.trim())
    return <EmptyState title={texts.people.noMatch(query.trim())} hint={texts.people.tryNumber} />;
  return (
    <EmptyState title={some ? texts.people.allThere : texts.people.none} hint={texts.people.tryNumber} />
  );
}

/** Somebody's second line: what they say of themselves, or that they are blocked. */
export function aboutPerson({ is_blocked, status_text }: Person): string {
  return is_blocked ? texts.people.blocked : (status_text ?? '');
}
