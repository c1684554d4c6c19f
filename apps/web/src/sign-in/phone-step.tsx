import type { OutputOf, ParleyClient } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { type FormEvent, useState } from 'react';
import { likelyCountry, toE164 } from '../lib/phone.ts';
import { sentCode } from '../session/sent-code.ts';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { PhoneField } from './phone-field.tsx';
import styles from './sign-in.module.css';
import { useAttempt } from './use-attempt.ts';

/** A code that is on its way. */
export interface Sent extends OutputOf<'auth.requestOtp'> {
  readonly phone: string;
  /** The code itself, where the server is a developer's. */
  readonly shown: string | null;
}

/** Has a code sent to a phone. */
export async function sendCode({ auth }: Pick<ParleyClient, 'auth'>, phone: string): Promise<Sent> {
  const sent = await auth.requestOtp({ phone });
  return { ...sent, phone, shown: await sentCode(phone, sent) };
}

/** Asks for the phone number, and has a code sent to it. */
export function PhoneStep({ onSent }: { onSent: (sent: Sent) => void }) {
  const client = useClient();
  const [value, setValue] = useState(() => ({ country: likelyCountry(), written: '' }));
  const [invalid, setInvalid] = useState(false);
  const attempt = useAttempt();
  const send = async (event: FormEvent) => {
    event.preventDefault();
    const phone = toE164(value.written, value.country);
    setInvalid(phone === null);
    attempt.clear();
    if (phone === null || attempt.busy) return;
    const sent = await attempt.run(() => sendCode(client, phone));
    if (sent) onSent(sent);
  };
  const change = (next: typeof value) => {
    setInvalid(false);
    setValue(next);
  };
  return (
    <form className={styles.form} onSubmit={(event) => void send(event)} noValidate>
      <h1 className={styles.title}>{texts.signIn.title}</h1>
      <p className={styles.intro}>{texts.signIn.intro}</p>
      <PhoneField
        value={value}
        onChange={change}
        error={invalid ? texts.signIn.phoneInvalid : attempt.error}
        disabled={attempt.busy}
      />
      <Button type="submit" variant="primary" wide busy={attempt.busy}>
        {texts.signIn.sendCode}
      </Button>
    </form>
  );
}
