/** Signing in: phone, code, and for somebody new name and photo. */
import { useSession } from '@parley/sdk/react';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { isDevServer } from '../session/sent-code.ts';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { Card } from './card.tsx';
import { CodeStep } from './code-step.tsx';
import { PhoneStep, type Sent } from './phone-step.tsx';
import { ProfileStep } from './profile-step.tsx';
import styles from './sign-in.module.css';

type Step =
  | { readonly name: 'phone' }
  | { readonly name: 'code'; readonly sent: Sent }
  | { readonly name: 'profile' };

/** `onDone` is called when somebody is signed in and nothing is left to ask. */
export function SignIn({ onDone }: { onDone: () => void }) {
  const [step, setStep] = useState<Step>({ name: 'phone' });
  const user = useSession();
  useEffect(() => {
    // Signed in by another tab.
    if (user !== null && step.name === 'phone') onDone();
  }, [user, step, onDone]);
  return (
    <Card>
      {step.name === 'phone' && <PhoneStep onSent={(sent) => setStep({ name: 'code', sent })} />}
      {step.name === 'code' && (
        <CodeStep
          sent={step.sent}
          onSent={(sent) => setStep({ name: 'code', sent })}
          onBack={() => setStep({ name: 'phone' })}
          onVerified={(signedIn) => (signedIn.display_name ? onDone() : setStep({ name: 'profile' }))}
        />
      )}
      {step.name === 'profile' && <ProfileStep onDone={onDone} />}
      {step.name === 'phone' && isDevServer && <TryIt />}
    </Card>
  );
}

function TryIt() {
  const [, navigate] = useLocation();
  return (
    <div className={styles.demo}>
      <p className={styles.demoTitle}>{texts.signIn.demoTitle}</p>
      <p className={styles.note}>{texts.signIn.demoHint}</p>
      <Button variant="secondary" wide onClick={() => navigate('/demo')}>
        {texts.signIn.demo}
      </Button>
    </div>
  );
}
