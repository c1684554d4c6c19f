import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { Logo } from '../ui/logo.tsx';
import styles from './sign-in.module.css';

/** The code as the phone would show it; a development server tells it instead of sending it. */
export function DevCode({ code, onFill }: { code: string; onFill: () => void }) {
  return (
    <div role="status" className={styles.notification}>
      <Logo size={36} />
      <div className={styles.notificationText}>
        <p className={styles.notificationFrom}>
          <span>{texts.signIn.devFrom}</span>
          <span className={styles.notificationTime}>{texts.signIn.devNow}</span>
        </p>
        <p className={styles.notificationCode}>{texts.signIn.devCode(code)}</p>
      </div>
      <Button variant="secondary" onClick={onFill}>
        {texts.signIn.devFill}
      </Button>
    </div>
  );
}
