import type { SignedInUser } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { formatWait } from '../lib/numbers.ts';
import { formatPhone } from '../lib/phone.ts';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { CodeField, codeLength } from './code-field.tsx';
import { DevCode } from './dev-code.tsx';
import { type Sent, sendCode } from './phone-step.tsx';
import styles from './sign-in.module.css';
import { useAttempt } from './use-attempt.ts';

export interface CodeStepProps {
  readonly sent: Sent;
  readonly onSent: (sent: Sent) => void;
  readonly onBack: () => void;
  readonly onVerified: (user: SignedInUser) => void;
}

/** Asks for the code that the phone has received, and signs in with it. */
export function CodeStep({ sent, onSent, onBack, onVerified }: CodeStepProps) {
  const client = useClient();
  const { shown } = sent;
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const verifying = useAttempt();
  const resending = useAttempt();
  const [resent, setResent] = useState(false);
  useEffect(() => field.current?.focus(), []);
  const verify = async (otp: string) => {
    if (verifying.busy || otp.length !== codeLength) return;
    const answer = await verifying.run(() => client.auth.verifyOtp({ phone: sent.phone, otp }));
    if (answer) return onVerified(answer.user);
    setCode('');
    field.current?.focus();
  };
  const change = (digits: string) => {
    if (digits !== '') verifying.clear();
    setCode(digits);
    // Nobody wants to press a button after the last digit.
    if (digits.length === codeLength) void verify(digits);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void verify(code);
  };
  const resend = async () => {
    setResent(false);
    verifying.clear();
    const again = await resending.run(() => sendCode(client, sent.phone));
    if (!again) return;
    setResent(true);
    onSent(again);
    field.current?.focus();
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {shown !== null && <DevCode key={sent.request_id} code={shown} onFill={() => change(shown)} />}
      <h1 className={styles.title}>{texts.signIn.codeTitle}</h1>
      <p className={styles.intro}>
        <span>{texts.signIn.codeSent(formatPhone(sent.phone))}</span>{' '}
        <span>{texts.signIn.codeValid(formatWait(sent.expires_in_seconds))}</span>
      </p>
      <CodeField
        ref={field}
        value={code}
        onChange={change}
        error={verifying.error}
        disabled={verifying.busy}
      />
      <Button
        type="submit"
        variant="primary"
        wide
        busy={verifying.busy}
        disabled={!verifying.busy && code.length !== codeLength}
      >
        {texts.signIn.verify}
      </Button>
      <div role="status" className={styles.note}>
        {resending.error ?? (resent ? texts.signIn.resent : '')}
      </div>
      <div className={styles.links}>
        <Button variant="plain" onClick={onBack}>
          {texts.signIn.otherNumber}
        </Button>
        <Button
          variant="plain"
          busy={resending.busy}
          disabled={resending.wait > 0}
          onClick={() => void resend()}
        >
          {texts.signIn.resend}
        </Button>
      </div>
      {shown !== null && <p className={styles.note}>{texts.signIn.devNote}</p>}
    </form>
  );
}
