import { AlertDialog } from '@base-ui/react/alert-dialog';
import { type ReactNode, useState } from 'react';
import { errorText } from '../lib/errors.ts';
import { texts } from '../texts/texts.ts';
import { Button } from './button.tsx';
import styles from './dialog.module.css';

export interface ConfirmDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: ReactNode;
  /** What the button that does it says. */
  readonly confirm: string;
  /** Does it; the dialog closes when it (or the promise it answers) is done, and shows what it rejects with. */
  readonly onConfirm: () => unknown;
  /** Whether it cannot be undone. */
  readonly danger?: boolean | undefined;
}

/** Asks before something is done. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onOpenChange, title, description, confirm, onConfirm, danger = false } = props;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const change = (next: boolean) => {
    setError(null);
    onOpenChange(next);
  };
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (cause) {
      setError(errorText(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={change}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={styles.backdrop} />
        <AlertDialog.Viewport className={styles.viewport}>
          <AlertDialog.Popup className={styles.popup}>
            <AlertDialog.Title className={styles.title}>{title}</AlertDialog.Title>
            {description && (
              <AlertDialog.Description className={styles.description}>{description}</AlertDialog.Description>
            )}
            <div role="alert">{error && <p className={styles.error}>{error}</p>}</div>
            <div className={styles.actions}>
              <AlertDialog.Close render={<Button variant="plain">{texts.actions.cancel}</Button>} />
              <Button variant={danger ? 'danger' : 'primary'} busy={busy} onClick={() => void run()}>
                {confirm}
              </Button>
            </div>
          </AlertDialog.Popup>
        </AlertDialog.Viewport>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
