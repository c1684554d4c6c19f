/** "Try it with two people": two clients in one window, each signed in as somebody else. */
import { ParleyError } from '@parley/sdk';
import { ParleyProvider } from '@parley/sdk/react';
import { UsersRound } from 'lucide-react';
import { useId, useState } from 'react';
import { useLocation } from 'wouter';
import { cx } from '../lib/cx.ts';
import { errorText } from '../lib/errors.ts';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Logo } from '../ui/logo.tsx';
import { Loading } from '../ui/spinner.tsx';
import styles from './demo.module.css';
import type { Person } from './person.ts';
import { Side } from './side.tsx';
import type { Pair } from './start.ts';
import { usePair } from './use-pair.ts';

export function Demo() {
  const { pair, error, retry, end } = usePair();
  const [, navigate] = useLocation();
  const leave = async () => {
    // Signs out here in any case.
    await end();
    navigate('/');
  };
  return (
    <main className={styles.demo}>
      <header className={styles.header}>
        <Logo size={32} />
        <div className={styles.titles}>
          <h1 className={styles.title}>{texts.demo.title}</h1>
          <p className={styles.hint}>{texts.demo.hint}</p>
        </div>
        <Button onClick={() => void leave()}>{texts.demo.leave}</Button>
      </header>
      {pair && <Devices pair={pair} />}
      {!pair && error === null && <Loading label={texts.demo.starting} />}
      {error !== null && (
        <EmptyState
          icon={<UsersRound size={34} />}
          title={texts.demo.failed}
          hint={isLimit(error) ? texts.demo.failedLimit : errorText(error)}
          action={<Button onClick={retry}>{texts.actions.retry}</Button>}
        />
      )}
    </main>
  );
}

/** Beside each other, or where there is no room one at a time. */
function Devices({ pair: { people, chatId } }: { pair: Pair }) {
  const [chosen, setChosen] = useState(0);
  const id = useId();
  return (
    <>
      <fieldset className={styles.choice}>
        <legend className="visually-hidden">{texts.demo.choose}</legend>
        {people.map((person, index) => (
          <button
            key={person.id}
            type="button"
            className={styles.choose}
            aria-pressed={index === chosen}
            aria-controls={`${id}${index}`}
            onClick={() => setChosen(index)}
          >
            <Face person={person} size={24} />
            {person.name}
          </button>
        ))}
      </fieldset>
      <div className={styles.devices}>
        {people.map((person, index) => (
          <section
            key={person.id}
            id={`${id}${index}`}
            className={cx(styles.device, index !== chosen && styles.other)}
            aria-label={texts.demo.side(person.name)}
          >
            <div className={styles.owner}>
              <Face person={person} size={28} />
              <span>{texts.demo.side(person.name)}</span>
            </div>
            <div className={styles.screen}>
              <Side person={person} chatId={chatId} />
            </div>
          </section>
        ))}
      </div>
    </>
  );
}

function Face({ person, size }: { person: Person; size: number }) {
  return (
    <ParleyProvider client={person.client}>
      <Avatar id={person.id} name={person.name} size={size} />
    </ParleyProvider>
  );
}

function isLimit(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'TOO_MANY_REQUESTS';
}
